"""Loads into a collection: this function embeds and stores whole documents, as the function `documents` does.

A search finds stored documents only after the collection's refresh interval. To store a document, its earlier version
need not be visible: each version has its own passages, and readers use the newest. A removal first waits for the
interval, so it finds everything that this or an earlier run has stored. It need not find what others have stored, which
does not belong to the source.
"""

import json
import time
from collections.abc import Callable, Sequence

from corpus.destination import Busy, Outcome, Stopped, Verdict
from corpus.document import Document
from corpus.formats import Reading
from corpus.separate_process import FileLimits
from rag.budget import Budget
from rag.caller import OPERATOR, groups_in
from rag.document_models import DocumentResult
from rag.failures import RagFailure, Starting, Throttled, TimedOut, Unavailable
from rag.parts import Parts, parts
from rag.search.collection import CollectionSearch
from rag.storing import given_to, put
from sources.in_step import Into
from sources.vanished import together

# The most seconds for a batch: less than a call still has when its slice is over.
MOST_SECONDS = 250.0
TOO_LONG = f"storing it takes longer than {MOST_SECONDS:.0f} seconds; split the file"


class CollectionDestination:
    """A corpus.destination.Destination: the collection that `parts` search. No request to store lasts beyond `ends`."""

    most_bytes = 256_000
    most_documents = 32

    def __init__(self, parts: Parts, ends: float) -> None:
        self._parts, self._ends = parts, ends

    def encode(self, document: Document) -> bytes:
        """The document as JSON. Without groups, everybody may see it, even if the previous version was restricted."""
        source = given_to(document.source, groups_in(document.source))
        return json.dumps([document.id, source, document.where, list(document.places)]).encode()

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        """See Destination. Storing a document twice changes nothing."""
        documents = [
            Document(id, source, where, id, places=[(at, place) for at, place in places])
            for id, source, where, places in map(json.loads, batch)
        ]
        budget, began = Budget(min(MOST_SECONDS, self._ends - time.monotonic())), time.monotonic()
        try:
            results = put(documents, budget, self._parts, OPERATOR)
        except (Throttled, Unavailable, TimedOut) as failure:
            raise Busy(failure.message, failure.asked_to_wait or 0.0) from None
        except Starting as failure:
            return [Outcome(Verdict.STARTING, failure.message)] * len(batch)
        except RagFailure as failure:
            raise Stopped(failure.message) from None
        outcomes = [_outcome(result) for result in results]
        if len(batch) == 1 and outcomes[0].verdict is Verdict.LATER and time.monotonic() - began > MOST_SECONDS * 0.9:
            # The next call would take as long.
            return [Outcome(Verdict.REFUSED, TOO_LONG)]
        return outcomes


def into_collection(
    source: str,
    ends: float,
    wait: Callable[[], None],
    *,
    reading: Reading,
    limits: FileLimits,
    groups: Sequence[str],
    pause: Callable[[int, float], float],
) -> Into:
    """The collection as a destination of a source; `wait` returns when a search finds all that was stored before.

    Raises Stopped.
    """
    try:
        own = parts()
    except RagFailure as failure:
        raise Stopped(failure.message) from None
    search = own.search
    assert isinstance(search, CollectionSearch)  # noqa: S101 - for the type checker: its settings name a model

    def remove(ids: Sequence[str]) -> None:
        wait()
        budget = Budget(ends - time.monotonic())
        try:
            for some in together(ids):
                search.remove_of(source, some, budget)
        except RagFailure as failure:
            raise Stopped(failure.message) from None

    return Into(lambda: CollectionDestination(own, ends), remove, reading, limits, groups=groups, pause=pause)


def _outcome(result: DocumentResult) -> Outcome:
    if result.status == "stored":
        return Outcome(Verdict.STORED, masked=result.masked)
    verdict = Verdict.LATER if result.retry == "later" else Verdict.REFUSED
    return Outcome(verdict, result.message or "the assistant gave no result for it")
