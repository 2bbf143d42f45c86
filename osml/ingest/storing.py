"""Sends documents to the assistant of a serverless environment, by its function `documents`."""

import base64
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from corpus.bulk import LATER
from corpus.destination import BatchTooLarge, Busy, Outcome, Stopped, Verdict
from corpus.document import Document
from corpus.fields import given
from osml.failure import Failure
from osml.remote.functions import FunctionResponse, Functions

KEPT = ("id", "title")
# The assistant's limit in characters.
LONGEST_TITLE = 500
# A single document may be the cause of such a status for a whole batch.
WRONG = (400, 413)
# Bytes of one request, so few that it ends in time. A larger document has its own request.
ENOUGH = 1_000_000
FRAME_BYTES = len('{"documents":[]}')
# Bytes around a part of a document: its numbers, and the id of the job.
FRAME_OF_PART = 200
ACCEPTED = 202
# Seconds between two requests for the state of a job, and its states at the end.
OFTEN = 2.0
ENDED = ("done", "stopped")
# As many bytes as `json` writes between two entries of a list.
BETWEEN = b"  "


class Storing:
    """A corpus.destination.Destination. The assistant stores id, title and text, and cuts documents into chunks."""

    most_documents = 100

    def __init__(
        self, functions: Functions, text_field: str, body_limit: int, groups: Sequence[str] | None = None
    ) -> None:
        """`body_limit` is the greatest size of a request in bytes. Only `groups` see the documents; None sends none."""
        self._groups = None if groups is None else list(groups)
        self._functions, self._text_field = functions, text_field
        self._most_request = body_limit - FRAME_BYTES
        self.most_bytes = min(body_limit, ENOUGH) - FRAME_BYTES

    def unkept(self, document: Document) -> set[str]:
        """The fields of the document that the assistant does not store."""
        return given(document.source).keys() - {*KEPT, self._text_field}

    def encode(self, document: Document) -> bytes:
        """The document as an entry of a request's list."""
        title = document.source.get("title")
        item = {"id": document.id, "text": document.source[self._text_field]}
        item |= {} if title is None else {"title": title[:LONGEST_TITLE]}
        item |= {"places": [{"start": start, **where} for start, where in document.places]} if document.places else {}
        item |= {} if self._groups is None else {"groups": self._groups}
        return json.dumps(item, ensure_ascii=False).encode() + BETWEEN

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        """See Destination. Storing a document twice changes nothing."""
        items = [json.loads(item) for item in batch]
        try:
            if len(batch) == 1 and len(batch[0]) > self._most_request:
                reply = self._in_parts(items)
            else:
                reply = self._functions.post("/documents", {"documents": items})
            if reply.status == ACCEPTED:
                reply = _in_order(self._followed(reply), [item["id"] for item in items])
        except Failure as failure:
            raise Stopped(str(failure)) from None
        if reply.status == 200:
            return _outcomes(reply, len(batch))
        if reply.status in WRONG:
            raise BatchTooLarge(reply.message)
        if reply.cause == "model-starting":
            return [Outcome(Verdict.STARTING, reply.message)] * len(batch)
        if reply.status in LATER:
            raise Busy(f"{reply.status}: {reply.message}", reply.retry_after or 0.0)
        raise Stopped(f"The assistant answered {reply.status}: {reply.message}")

    def _in_parts(self, items: list[dict[str, Any]]) -> FunctionResponse:
        """Send one document that is larger than a request, in parts that are as large as the assistant accepts."""
        content = json.dumps(items, ensure_ascii=False).encode("utf-8", "surrogatepass")
        size = (self._most_request - FRAME_OF_PART) * 3 // 4
        of = -(-len(content) // size)
        reply = FunctionResponse(ACCEPTED, {})
        for number in range(1, of + 1):
            piece = base64.b64encode(content[(number - 1) * size : number * size]).decode()
            part = {"content": piece, "number": number, "of": of, "job": reply.body.get("id")}
            reply = self._functions.post("/documents", {"part": part})
            if reply.status != ACCEPTED:
                break
        return reply

    def _followed(self, reply: FunctionResponse) -> FunctionResponse:
        """Wait for the end of the job in `reply`, and return its last state."""
        while reply.status in (200, ACCEPTED, *LATER) and reply.body.get("status") not in ENDED:
            time.sleep(OFTEN)
            seen = self._functions.get(f"/jobs/{reply.body['id']}")
            reply = replace(seen, body={**reply.body, **seen.body}) if seen.status in LATER else seen
        return reply


def _in_order(job: FunctionResponse, ids: Sequence[str]) -> FunctionResponse:
    """The results of a job in the order of the request, because a job lists documents that are not stored first."""
    given = job.body.get("documents") or []
    results = {result["id"]: result for result in given}
    why = {"message": job.body.get("message"), "retry": "later"}
    return replace(job, body={"documents": [results.get(id, why) for id in ids]})


def _outcomes(reply: FunctionResponse, count: int) -> list[Outcome]:
    """The outcomes of `count` documents, in the order of the request."""
    given = reply.body.get("documents")
    results: list[Any] = given if isinstance(given, list) else []
    return [_outcome(results[place] if place < len(results) else None) for place in range(count)]


def _outcome(result: Any) -> Outcome:
    said = result if isinstance(result, dict) else {}
    if said.get("status") == "stored":
        return Outcome(Verdict.STORED, masked=int(said.get("masked") or 0))
    verdict = Verdict.LATER if said.get("retry") == "later" else Verdict.REFUSED
    return Outcome(verdict, str(said.get("message") or "the assistant returned no result for it"))
