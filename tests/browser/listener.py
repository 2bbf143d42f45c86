"""An HTTPS server of a test, on a free port, in threads of the test's own process."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.certificates import Certificates


@dataclass(frozen=True)
class Request:
    """A received request; its header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire(BaseHTTPRequestHandler):
    """One connection: sends whole answers, or chunks as they come."""

    protocol_version = "HTTP/1.1"
    answer: Callable[[Request, "Wire"], None]

    def _serve(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).answer(Request(self.command, url.path, dict(parse_qsl(url.query)), headers, body), self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, status: int, content: Mapping[str, Any], **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.whole(status, {"Content-Type": "application/json", **named}, json.dumps(content).encode())

    def stream(self, pieces: Iterator[str]) -> None:
        """Send Server-Sent Events, each piece as one chunk; a piece may end anywhere."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            data = piece.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the test shows what is wrong."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: tests include browsers that disconnect in the middle of an answer."""


@contextmanager
def listening(certificates: Certificates, answer: Callable[[Request, Wire], None]) -> Iterator[str]:
    """Serve until the block ends; yields the origin, `https://127.0.0.1:<port>`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate("server"), certificates.key("server"))
    server = _Server(("127.0.0.1", 0), type("BoundWire", (Wire,), {"answer": staticmethod(answer)}))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
