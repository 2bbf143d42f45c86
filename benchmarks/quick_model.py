"""A chat API that answers the same sentence at once: what is measured around it is not the model's time.

The local cloud's own stand-in scores every sentence of every document, which takes this machine 0.4 s a question.
"""

import contextlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

from sandbox.models.json_handler import serving

TEXT = "The documents say so."


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        streams = body.get("stream") is True
        said = {"role": "assistant", "content": TEXT}
        choice = {"index": 0, "finish_reason": "stop", "delta" if streams else "message": said}
        answer = json.dumps({"id": "1", "object": "chat.completion", "model": body["model"], "choices": [choice]})
        content = (f"data: {answer}\n\ndata: [DONE]\n\n" if streams else answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each call."""


@contextlib.contextmanager
def quick_model() -> Iterator[str]:
    """The base address, `http://127.0.0.1:<port>/v1`, while it runs."""
    with serving(_Handler) as address:
        yield f"{address}/v1"
