"""A chat API that always answers the same sentence, at once or word by word, in a known time.

The local cloud's own substitute scores every sentence of every document, which takes 0.4 s for each question.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from sandbox.models.json_handler import serving

# A sentence of `samples/metro-areas.ndjson`, so that the answer has evidence.
TEXT = "In 2023, 18,937,000 people lived in the New York City metro area."


@dataclass(frozen=True)
class WritingPace:
    """How a model writes: `words` words, the first after `first` seconds and the others `each` seconds apart."""

    words: int = 1
    first: float = 0.0
    each: float = 0.0

    @property
    def seconds(self) -> float:
        """How long the whole answer takes."""
        return self.first + self.each * (self.words - 1)


AT_ONCE = WritingPace()


@contextlib.contextmanager
def quick_model(pace: WritingPace = AT_ONCE) -> Iterator[str]:
    """Run the chat API and yield its base address, `http://127.0.0.1:<port>/v1`."""

    class Paced(_Handler):
        writes = pace

    with serving(Paced) as address:
        yield f"{address}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    writes = AT_ONCE

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = [TEXT, *(f" Word {number}." for number in range(1, self.writes.words))]
        if body.get("stream") is True:
            self._stream(body["model"], words)
            return
        time.sleep(self.writes.seconds)
        said = {"role": "assistant", "content": "".join(words)}
        content = _chunk(body["model"], "message", said, "stop")
        self._head("application/json", {"Content-Length": str(len(content))})
        self.wfile.write(content)

    def _stream(self, model: str, words: list[str]) -> None:
        self._head("text/event-stream", {"Transfer-Encoding": "chunked"})
        for number, word in enumerate(words):
            time.sleep(self.writes.each if number else self.writes.first)
            last = "stop" if number == len(words) - 1 else None
            self._piece(b"data: " + _chunk(model, "delta", {"role": "assistant", "content": word}, last) + b"\n\n")
        self._piece(b"data: [DONE]\n\n")
        self._piece(b"")

    def _head(self, kind: str, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _piece(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def _chunk(model: str, place: str, said: dict[str, Any], reason: str | None) -> bytes:
    choice = {"index": 0, "finish_reason": reason, place: said}
    return json.dumps({"id": "1", "object": "chat.completion", "model": model, "choices": [choice]}).encode()
