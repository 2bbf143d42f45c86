"""The HTTP server: `/_aws/<host>/<path>` calls the provider of that host; also `/_control` and `/_health`."""

import contextlib
import json
import re
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.models.exchange import Call, ModelApi, ModelResponse, json_reply
from sandbox.models.faults import Control

_WAY = re.compile(r"/_aws/([A-Za-z0-9.-]+)(/.*)?")
_HOSTS = {
    "sagemaker": re.compile(r"runtime\.sagemaker\.[a-z0-9-]+\.amazonaws\.com"),
    "bedrock": re.compile(r"bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com"),
    "deepseek": re.compile(r"api\.deepseek\.com"),
    "openai": re.compile(r"api\.openai\.com"),
    "textract": re.compile(r"textract\.[a-z0-9-]+\.amazonaws\.com"),
}
_MOST_BYTES = 25 * 1024 * 1024


class ModelServer(ThreadingHTTPServer):
    """Serves the providers on 127.0.0.1. With port 0 it takes any free port; `port` is the actual one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, providers: dict[str, ModelApi]) -> None:
        """`providers` has the names sagemaker, bedrock, deepseek, openai and textract."""
        super().__init__(("127.0.0.1", port), _Handler)
        self.providers = providers
        self.control = Control()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Reports nothing if a caller disconnects before the end of its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def port(self) -> int:
        """The port on which the server listens."""
        return int(self.server_address[1])

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve in a thread; yields the base address, and closes the server at the end."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{self.port}"
        finally:
            self.shutdown()
            thread.join()
            self.server_close()

    def reply(self, provider: str, call: Call) -> ModelResponse:
        """Answer a call with a fault or by the provider, and count it."""
        answering = self.providers[provider]
        faults, struck = self.control.arrive(provider, call.path)
        time.sleep(faults.delay_ms / 1000)
        if struck == "throttle":
            return answering.throttled()
        if struck == "fail":
            return answering.failed(faults.fail_status)
        reply = answering.answer(call)
        if faults.echo and reply.status == HTTPStatus.UNAUTHORIZED:
            reply = _echoed(reply, call)
        self.control.leave(provider, call.path, reply.status, reply.batch)
        if faults.pause_ms and not isinstance(reply.body, bytes):
            reply = replace(reply, body=_paused(reply.body, faults.pause_ms / 1000))
        return reply


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"
    # With Nagle's algorithm, a reply in two writes waits 40 ms for the other side's acknowledgement.
    disable_nagle_algorithm = True
    timeout = 300

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/_health":
            self._send(json_reply(200, {"status": "ok"}))
        elif path == "/_control":
            self._send(json_reply(200, self.server.control.report()))
        elif _WAY.fullmatch(path):
            self._send(self._call(b""))
        else:
            self._send(_absent(self.command, path))

    def do_PUT(self) -> None:
        body = self._body()
        if body is not None:
            self._send(self._set_faults(body))

    def do_DELETE(self) -> None:
        if self._body() is not None:
            self._send(self._reset_faults())

    def do_POST(self) -> None:
        body = self._body()
        if body is not None:
            self._send(self._call(body))

    def _call(self, body: bytes) -> ModelResponse:
        way = _WAY.fullmatch(self.path.partition("?")[0])
        provider = way and next((name for name, host in _HOSTS.items() if host.fullmatch(way[1])), None)
        if way is None or provider is None:
            return _absent(self.command, self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            return self.server.reply(provider, Call(way[1], way[2] or "/", headers, body, self.command))
        except Exception:  # noqa: BLE001 - the connection and its thread continue after a failed call
            traceback.print_exc()
            return self.server.providers[provider].failed(500)

    def _set_faults(self, body: bytes) -> ModelResponse:
        provider = self._provider()
        if provider is None:
            return _absent(self.command, self.path)
        try:
            self.server.control.set(provider, json.loads(body or b"{}"))
        except ValueError as reason:
            return json_reply(400, {"message": str(reason)})
        return json_reply(200, self.server.control.report()[provider]["faults"])

    def _reset_faults(self) -> ModelResponse:
        provider = self._provider()
        if provider is None:
            return _absent(self.command, self.path)
        self.server.control.reset(provider)
        return json_reply(200, self.server.control.report()[provider]["faults"])

    def _provider(self) -> str | None:
        name = self.path.removeprefix("/_control/")
        return name if name in self.server.providers else None

    def _body(self) -> bytes | None:
        """The body. If it cannot be read, sends a refusal and returns None."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(411, "Send the body with a Content-Length; chunked bodies are not read here.")
        elif int(length) > _MOST_BYTES:
            self._refuse(413, f"The body has {length} bytes; {_MOST_BYTES} are the most that are read.")
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, status: int, message: str) -> None:
        self._send(json_reply(status, {"message": message}, {"Connection": "close"}))
        # Closing a connection with unread bytes resets it, and the caller may lose the reply. So read them.
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(2)
            while self.rfile.read1(65_536):
                pass

    def _send(self, reply: ModelResponse) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if isinstance(reply.body, bytes):
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in reply.body:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Prints no line for a call: the counts are under `/_control`."""


def _paused(pieces: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(seconds)


def _echoed(reply: ModelResponse, call: Call) -> ModelResponse:
    """The refusal with the caller's key instead of the asterisks."""
    key = call.headers.get("authorization", "").partition(" ")[2]
    return replace(reply, body=reply.body.replace(b"****", key.encode())) if isinstance(reply.body, bytes) else reply


def _absent(method: str, path: str) -> ModelResponse:
    message = f"{method} {path} is nothing here. There are /_aws/<host>/<path>, /_control, /_health."
    return json_reply(404, {"message": message})
