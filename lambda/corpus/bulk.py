"""A Destination: the `_bulk` API of an engine whose index pipeline embeds documents."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calls.named_status import named
from calls.redaction import redacted
from calls.retry_after import asked_to_wait
from calls.starting import is_starting
from corpus.destination import BatchTooLarge, Busy, Outcome, Stopped, Verdict
from corpus.document import Document
from corpus.refusal import said

# Without `require_alias`, a write while the alias is missing would create an index of that name, without its mappings.
PATH = "/_bulk?require_alias=true&filter_path=items.*.status,items.*.result,items.*.error"
CONTENT_TYPE = "application/x-ndjson"
# The engine is busy, or a node is starting or stopping.
LATER = frozenset({429, 502, 503, 504})
TOO_LARGE = 413
BROKEN = 500
# The embedding pipeline gives an item its own status, and names the status of the provider or of the connection only in
# the reason. An index refuses writes briefly while its documents are copied to another index: cluster_block_exception.
_PASSES = re.compile(
    rf"cluster_block_exception|{named(429)}|throttl|too many requests|rate (?:exceeded|limit)|timed? ?out"
    r"|acquire operation took longer|connection (?:reset|refused|was closed)|service ?unavailable|circuit.?breaker",
    re.IGNORECASE,
)
_CREATED, _UPDATED = Outcome(Verdict.CREATED), Outcome(Verdict.UPDATED)


@dataclass(frozen=True, slots=True)
class BulkResponse:
    """The answer to one request; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def passes(error: Mapping[str, Any], status: int | None) -> bool:
    """Whether an item of an answer was refused for a temporary reason."""
    return status in LATER or _PASSES.search(json.dumps(error)) is not None


Send = Callable[[bytes], BulkResponse]
"""POSTs one body to PATH with CONTENT_TYPE; raises Busy(unsure=True) if the connection broke, and Stopped if a later
request would fail as well."""


class Bulk:
    """Sends batches with `send` to the alias `index`, whose pipeline embeds."""

    most_bytes = 1_000_000
    most_documents = 512

    def __init__(self, send: Send, index: str) -> None:
        self._send, self._index = send, index
        self._into = f'{{"index": {{"_index": {json.dumps(index)}, "_id": '

    def encode(self, document: Document) -> bytes:
        """The action and the source, two lines."""
        source = {**document.source, "id": document.id, "document": document.of}
        return f"{self._into}{json.dumps(document.id)}}}}}\n{json.dumps(source)}\n".encode()

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        """See Destination."""
        reply = self._send(b"".join(batch))
        if reply.status in LATER:
            raise Busy(self._reason(reply), asked_to_wait(reply.headers) or 0.0)
        if reply.status == TOO_LARGE:
            raise BatchTooLarge(self._reason(reply))
        if not 200 <= reply.status < 300:
            raise Stopped(f"_bulk to the index {self._index} answered {self._reason(reply)}")
        try:
            outcomes = list(self._outcomes(json.loads(reply.body)["items"]))
            if len(outcomes) != len(batch):
                raise ValueError
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise Stopped(
                f"_bulk to the index {self._index} got an answer that is not OpenSearch's ({type(error).__name__}). "
                f"Check whether another server has this address."
            ) from None
        return outcomes

    def _outcomes(self, items: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """The outcome of each item. The documents of one model call fail with the same text, which is parsed once."""
        last: dict[str, Any] = {}
        failed = Outcome(Verdict.FAILED)
        for entry in items:
            item = entry["index"]
            if item.get("error") is None:
                yield _CREATED if item["result"] == "created" else _UPDATED
                continue
            if item != last:
                last, failed = item, self._failed(item["error"], item.get("status"))
            yield failed

    def _failed(self, error: dict[str, Any], status: int | None) -> Outcome:
        nested = error.get("caused_by") or {}
        reason = redacted(str(error.get("reason") or nested.get("reason") or error), status)
        if is_starting(json.dumps(error)):
            return Outcome(Verdict.STARTING, reason)
        if passes(error, status):
            return Outcome(Verdict.LATER, reason)
        broke = isinstance(status, int) and status >= BROKEN
        return Outcome(Verdict.FAILED if broke else Verdict.REFUSED, reason)

    def _reason(self, reply: BulkResponse) -> str:
        """The status and the server's text."""
        return f"{reply.status}: {redacted(said(reply.body.decode(errors='replace')), reply.status)}"
