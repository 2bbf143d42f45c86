"""Into a collection: this function embeds, and stores whole documents as the function `documents` does.

A search finds what was stored after the collection's refresh interval. A store need not see the version before: each
version has passages of its own, and readers use the newest. A removal waits for the interval first, so that it finds
everything that this or an earlier run has stored; what others have stored is not of the source, seen or not.
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
from rag.documents import given_to, put
from rag.failures import RagFailure, Starting, Throttled, TimedOut, Unavailable
from rag.parts import Parts, parts
from rag.search.collection import CollectionSearch
from sources.in_step import Into
from sources.vanished import together

# The most seconds for a batch: less than is left of a call when its slice is over.
MOST_SECONDS = 250.0
TOO_LONG = f"storing it takes longer than {MOST_SECONDS:.0f} seconds; split the file"


class CollectionDestination:
    """A corpus.destination.Destination, the collection that `parts` search; no store lasts beyond `ends`."""

    most_bytes = 256_000
    most_documents = 32

    def __init__(self, parts: Parts, ends: float) -> None:
        self._parts, self._ends = parts, ends

    def encode(self, document: Document) -> bytes:
        """The document as JSON. Without groups it is for everybody, whoever its predecessor was for."""
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
            # In the next call it takes as long.
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
    """Where the documents of a source go; `wait` lasts until a search finds all that was stored before.

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
