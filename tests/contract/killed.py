"""A separate process that runs the kernel, and is killed while it waits for the answer to a write.

A proxy is between it and the engine. It lets the engine carry out write number `at`, tells the test, and keeps the
answer back until the process is dead.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from mlcommons import Owner, Request
from mlcommons.transport import is_write
from tests.contract.kinds_engine import KindsEngine

_ROOT = Path(__file__).parents[2]
_LONGEST = 120.0
_CALLER = """
import json, sys
from mlcommons import Client, HttpTransport, Owner, Patience, apply, kind_named
from tests.contract.kinds_engine import RoleHeaders

told = json.loads(sys.argv[1])
transport = HttpTransport(told["proxy"], auth=RoleHeaders(), verify=told["ca"])
client = Client(transport, Patience(seconds=60, propagation=0))
apply(kind_named(told["kind"]), told["spec"], client=client, owner=Owner(*told["owner"]), physical_id=told["id"])
"""


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, engine: KindsEngine, at: int) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.environ["OSML_TEST_SERVER_CERT"], os.environ["OSML_TEST_SERVER_KEY"])
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.engine, self.at = engine, at
        self.writes = 0
        self.written, self.dead = threading.Event(), threading.Event()


class _Exchange(BaseHTTPRequestHandler):
    server: _Proxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        url = self.server.engine.transport.endpoint + self.path
        answer = requests.request(
            self.command, url, data=body, headers=headers, verify=os.environ["OSML_TEST_CA"], timeout=_LONGEST
        )
        self.server.writes += is_write(Request(self.command, self.path.partition("?")[0]))
        if self.server.writes == self.server.at:
            self.server.written.set()
            self.server.dead.wait(_LONGEST)
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _forward

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def _proxy(engine: KindsEngine, at: int) -> Iterator[_Proxy]:
    proxy = _Proxy(engine, at)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.dead.set()
        proxy.shutdown()
        proxy.server_close()
        thread.join()


def killed(
    engine: KindsEngine, kind: str, spec: Any, owner: Owner, physical_id: str | None = None, at: int = 1
) -> None:
    """Apply in another process; kill it after the engine has done write number `at`, before it gets the answer."""
    with _proxy(engine, at) as proxy:
        call = {
            "proxy": f"https://127.0.0.1:{proxy.server_port}",
            "ca": os.environ["OSML_TEST_CA"],
            "kind": kind,
            "spec": spec,
            "owner": [owner.stack, owner.logical_id],
            "id": physical_id,
        }
        path = os.pathsep.join([str(_ROOT), str(_ROOT / "lambda")])
        caller = subprocess.Popen(
            [sys.executable, "-c", _CALLER, json.dumps(call)],
            env=os.environ | {"PYTHONPATH": path},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            reached = proxy.written.wait(_LONGEST)
        finally:
            caller.send_signal(signal.SIGKILL)
            _, told_last = caller.communicate()
        assert reached, f"no write number {at}: {told_last}"
        assert caller.returncode == -signal.SIGKILL, told_last
