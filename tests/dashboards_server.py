"""A server that replaces a domain's Dashboards, for tests of the proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class ReceivedRequest:
    """A request as the domain received it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Dashboards:
    """Replaces a domain; answers with `status`, `headers` and `body`."""

    requests: list[ReceivedRequest] = field(default_factory=list)
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b"dashboards"
    in_pieces: bool = False
    # Bytes of the announced body that are not sent.
    withheld: int = 0


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    """Answer requests until the block ends."""
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def dashboards_server() -> Iterator[tuple[Dashboards, str]]:
    """Run a server; yields what it receives and answers, and its address."""
    stands = Dashboards()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stands.requests.append(ReceivedRequest(self.command, self.path, dict(self.headers), body))
            self.send_response(stands.status)
            for name, value in stands.headers:
                self.send_header(name, value)
            if stands.in_pieces:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in (b"5\r\ndashb\r\n", b"5\r\noards\r\n", b"0\r\n\r\n"):
                    self.wfile.write(piece)
                return
            self.send_header("Content-Length", str(len(stands.body) + stands.withheld))
            self.close_connection = bool(stands.withheld)
            self.end_headers()
            if self.command != "HEAD":
                with suppress(OSError):
                    self.wfile.write(stands.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield stands, f"http://127.0.0.1:{server.server_address[1]}"
