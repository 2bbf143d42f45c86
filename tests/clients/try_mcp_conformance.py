"""The conformance tests of the Model Context Protocol, against the tools of the assistant.

The conformance tests cannot send an API key: a server on this machine adds it to their requests.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests

from tests.clients.target import Target

SUITE = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
# Headers that belong to one connection, or that `requests` sets itself.
OWN = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding", "content-encoding")
GONE_WELL = ("SUCCESS", "INFO", "SKIPPED")

# Milliseconds for a scenario, on a machine that runs other tests.
PATIENCE = "120000"

# The beginnings of the names of checks that do not apply, and the reasons.
TEST_SERVER = "it calls tools, prompts and resources that only a server made for these tests has"
NOT_ASKED = "the tools need nothing of the agent: no model, no question to its user, no list of its folders"
NO_TASKS = "a tool answers at once: the extension for tasks is not offered"
ONLY_TOOLS = "there are no prompts and no resources, and the server announces none"
NO_NEWS = "the tools never change, so nobody can listen to news of them"
DOES_NOT_APPLY = {
    "completion-complete": "there are no prompts whose arguments could be completed",
    "localhost-host-rebinding-rejected": "it is about servers on a developer's machine",
    "logging-set-level": "there are no sessions whose log could be set",
    "server-sse-multiple-streams-session": "there are no sessions",
    "sep-2575-server-sends-subscription-ack": NO_NEWS,
    "sep-2575-server-tags-subscription-id": NO_NEWS,
    "sep-2575-server-rejects-undeclared-capability": TEST_SERVER,
    "sep-2575-missing-capability-http-400": TEST_SERVER,
    "json-schema-2020-12-tool-found": TEST_SERVER,
    "prompts-": ONLY_TOOLS,
    "sep-2549-prompts-": ONLY_TOOLS,
    "sep-2549-resources-": ONLY_TOOLS,
    "sep-2164-": ONLY_TOOLS,
    "resources-": ONLY_TOOLS,
    "tools-call-": TEST_SERVER,
    "elicitation-": NOT_ASKED,
    "sep-2322-": NOT_ASKED,
    "sep-2663-": NO_TASKS,
    "tasks-": NO_TASKS,
    "sep-2243-server-": "no tool takes an argument from a header",
}


@pytest.fixture
def address(target: Target) -> Iterator[str]:
    """An address at which the tools need no key."""

    class Keyed(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN}
            answer = requests.request(
                self.command,
                target.api + self.path,
                data=body,
                headers={**headers, "x-api-key": target.api_key},
                verify=os.environ["AWS_CA_BUNDLE"],
                timeout=60,
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in OWN:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_DELETE = _pass

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keyed)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/mcp"
    server.shutdown()
    server.server_close()


@pytest.mark.kind("domain")
@pytest.mark.parametrize(
    ("chosen", "passed"),
    [
        (["--requirements", "2026-07-28"], {"server-stateless", "caching", "http-header-validation", "tools-list"}),
        (["--spec-version", "2025-11-25"], {"server-initialize", "ping", "tools-list", "server-session-lifecycle"}),
    ],
    ids=["without-handshake", "with-handshake"],
)
def test_every_check_that_applies_succeeds(address: str, chosen: list[str], passed: set[str], tmp_path: Path) -> None:
    suite = f"{os.environ['OSML_JAVASCRIPT']}/{SUITE}"
    options = ["--url", address, "--timeout", PATIENCE, "--output-dir", str(tmp_path), *chosen]
    command = [os.environ["OSML_NODE"], suite, "server", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    well, badly = set(), {}
    for file in tmp_path.rglob("checks.json"):
        scenario = file.parent.name.removeprefix("server-").partition("-2026-")[0]
        for check in json.loads(file.read_text()):
            if check["status"] in GONE_WELL:
                well.add(scenario)
            else:
                badly[check["id"]] = (scenario, check.get("errorMessage"))
    faults = {id: said for id, said in badly.items() if not id.startswith(tuple(DOES_NOT_APPLY))}
    assert faults == {}, done.stdout
    assert passed <= well, done.stdout + done.stderr
