"""A provider of embeddings and chat that answers at once: what is measured around it is not the model's time.

It speaks OpenAI's two forms, on connections that stay.
"""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSION = 8
SAID = {"role": "assistant", "content": "The documents say so."}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = _embedded(asked["input"]) if self.path == "/embed" else {"choices": [{"index": 0, "message": SAID}]}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each call."""


def _embedded(texts: list[str]) -> dict[str, Any]:
    """Vectors that differ with the text's length, none of them zero."""
    vectors = [[1.0 + len(text) % (place + 2) for place in range(DIMENSION)] for text in texts]
    return {"data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]}


@contextlib.contextmanager
def quick_endpoint() -> Iterator[str]:
    """The base address, `http://127.0.0.1:<port>`, while it runs; paths `/embed` and `/chat`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
