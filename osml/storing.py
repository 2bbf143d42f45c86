"""Documents on their way to the assistant of a serverless environment: its function `documents`."""

import json
from collections.abc import Sequence
from typing import Any

from corpus.destination import Busy, Outcome, Stopped, TooLarge, Verdict
from corpus.document import Document
from osml.failure import Failure
from osml.functions import Functions, Reply
from osml.repetition import PASSING

KEPT = ("id", "title")
# One of these about a batch may be the fault of a single document in it.
WRONG = (400, 413)
FRAME_BYTES = len('{"documents":[]}')
# What `json` puts between two entries of a list.
BETWEEN = b"  "


class Storing:
    """A corpus.destination.Destination. The assistant keeps id, title and text, and cuts documents into passages."""

    most_documents = 100

    def __init__(self, functions: Functions, text_field: str, body_limit: int) -> None:
        """A request has at most `body_limit` bytes."""
        self._functions, self._text_field = functions, text_field
        self.most_bytes = body_limit - FRAME_BYTES

    def unkept(self, document: Document) -> set[str]:
        """The fields of the document that are lost."""
        return document.source.keys() - {*KEPT, self._text_field}

    def encode(self, document: Document) -> bytes:
        """One of the `documents` of a request, as long as it is there."""
        title = document.source.get("title")
        item = {"id": document.id, "text": document.source[self._text_field]}
        item |= {} if title is None else {"title": title}
        # Not UTF-8 where the text has lone surrogates, but read by nobody else than `send`.
        return json.dumps(item, ensure_ascii=False).encode(errors="surrogatepass") + BETWEEN

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        """As Destination says; storing a document twice changes nothing."""
        items = [json.loads(item.decode(errors="surrogatepass")) for item in batch]
        try:
            reply = self._functions.post("/documents", {"documents": items})
        except Failure as failure:
            raise Stopped(str(failure)) from None
        if reply.status == 200:
            return _outcomes(reply, len(batch))
        if reply.status in WRONG:
            raise TooLarge(reply.message)
        if reply.status in PASSING:
            raise Busy(f"{reply.status}: {reply.message}", reply.retry_after or 0.0)
        raise Stopped(f"The assistant answered {reply.status}: {reply.message}")


def _outcomes(reply: Reply, count: int) -> list[Outcome]:
    """What became of each of `count` documents; the results are in the order of the request."""
    given = reply.body.get("documents")
    results: list[Any] = given if isinstance(given, list) else []
    return [_outcome(results[place] if place < len(results) else None) for place in range(count)]


def _outcome(result: Any) -> Outcome:
    said = result if isinstance(result, dict) else {}
    if said.get("status") == "stored":
        return Outcome(Verdict.STORED)
    return Outcome(Verdict.REFUSED, str(said.get("message") or "the assistant gave no result for it"))
