"""A provider of embeddings and chat that answers at once, so measurements contain no time of a model.

It has OpenAI's embeddings and chat APIs, on connections that stay open.
"""

import json
from contextlib import AbstractContextManager
from typing import Any

from sandbox.models.json_handler import JsonHandler, serving

DIMENSION = 8
CHOICE = {"index": 0, "message": {"role": "assistant", "content": "The documents say so."}}


class _Handler(JsonHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.body())
        self.answer(200, _embedded(body["input"]) if self.path == "/embed" else {"choices": [CHOICE]})


def _embedded(texts: list[str]) -> dict[str, Any]:
    """Vectors that depend on the text's length; none of them is zero."""
    vectors = [[1.0 + len(text) % (place + 2) for place in range(DIMENSION)] for text in texts]
    return {"data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]}


def quick_endpoint() -> AbstractContextManager[str]:
    """Run the provider and yield its base address, `http://127.0.0.1:<port>`; its paths are `/embed` and `/chat`."""
    return serving(_Handler)
