"""A Maven repository on this machine, for tests: serves a folder, and fails when a test wants it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from sandbox.models.json_handler import serving


@dataclass
class MavenServer:
    """`cut` is the number of answers that end after half of their bytes; `requested` are the paths of all GETs."""

    folder: Path
    address: str = ""
    cut: int = 0
    requested: list[str] = field(default_factory=list)


@contextmanager
def maven_server(folder: Path) -> Iterator[MavenServer]:
    """Serve the folder on a free port of 127.0.0.1 until the block ends."""
    state = MavenServer(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._begin()

        def do_GET(self) -> None:
            state.requested.append(self.path)
            content = self._begin()
            if state.cut:
                state.cut -= 1
                content = content[: len(content) // 2]
            self.wfile.write(content)

        def _begin(self) -> bytes:
            file = folder / self.path.lstrip("/")
            content = file.read_bytes() if file.is_file() else b""
            self.send_response(200 if file.is_file() else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

    with serving(Handler) as state.address:
        yield state
