"""Keeps entries in the order of reading until each has a result."""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from calls.plain import plain
from corpus.destination import ARRIVED, Outcome, Verdict
from corpus.document import Document, Entry, Unreadable
from corpus.fields import given
from corpus.report import DeadLetter, Report, Retry

# Leftovers are searched for this many documents at once, or this many bytes, or after this many seconds.
TOGETHER, TOGETHER_BYTES, TOGETHER_SECONDS = 256, 4_000_000, 1.0

Leftovers = Callable[[Mapping[str, Sequence[str]]], int]
"""Removes the chunks of documents except those listed (document id → chunk ids); returns the number removed."""


@dataclass(slots=True)
class Tracked:
    """An entry, the number of its chunks without a result (`open`), the bytes of all, and the results of the others."""

    entry: Entry
    open: int
    size: int
    outcomes: list[tuple[Document, Outcome]] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """A document or a chunk in flight: encoded, with the number of its failed attempts.

    suspect: True if a batch with it has failed, so it may be the reason.
    again: True if it was sent before, and was not accepted.
    """

    document: Document
    body: bytes
    tracked: Tracked
    attempts: int = 0
    suspect: bool = False
    again: bool = False


class Track:
    """Counts, writes dead letters and confirms in the order of reading, so that a load can resume all three."""

    def __init__(
        self,
        report: Report,
        dead_letters: Callable[[DeadLetter], None],
        confirmed: Callable[[Entry], None],
        leftovers: Leftovers | None = None,
    ) -> None:
        self._report, self._dead_letters, self._confirmed, self._leftovers = report, dead_letters, confirmed, leftovers
        self._open: deque[Tracked] = deque()
        self._cleared = time.monotonic()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, entry: Entry, parts: int = 0, size: int = 0) -> Tracked:
        """Add an entry whose chunks have `size` bytes together; it is settled when each chunk has an outcome."""
        tracked = Tracked(entry, parts, size)
        self._open.append(tracked)
        self.bytes += size
        return tracked

    def settle(self, item: Item, outcome: Outcome) -> None:
        """Note the result of `item`."""
        item.tracked.outcomes.append((item.document, outcome))
        item.tracked.open -= 1

    def advance(self, ending: bool = False) -> None:
        """Confirm the settled entries, up to the first one that is not settled.

        If leftovers are searched, wait until there are enough entries for the request, or until `ending`.
        """
        if self._leftovers and not self._clear(self._leftovers, ending):
            return
        while self._open and not self._open[0].open:
            tracked = self._open[0]
            # An entry whose dead letters could not be written is not confirmed, nor is any after it.
            for dead_letter in _letters(tracked):
                self._dead_letters(dead_letter)
            self._open.popleft()
            self.bytes -= tracked.size
            self._count(tracked)
            self._confirmed(tracked.entry)

    def abandon(self, reason: str) -> None:
        """Count the rest: chunks with an outcome by that, and those without one as failed.

        Settled entries are confirmed as usual, unless their leftovers would have to be searched.
        """
        if self._leftovers is None:
            self.advance()
        for tracked in self._open:
            self._count(tracked)
            for _ in range(tracked.open):
                self._report.fail(tracked.entry.where, f"not stored for certain: {reason}", "later")
        self._open.clear()

    def _clear(self, leftovers: Leftovers, ending: bool) -> bool:
        """Remove the leftovers of settled entries before they are confirmed; False if that waits for more entries."""
        settled = list(itertools.takewhile(lambda tracked: not tracked.open, self._open))
        enough = len(settled) >= TOGETHER or sum(tracked.size for tracked in settled) >= TOGETHER_BYTES
        if not (ending or enough or time.monotonic() - self._cleared >= TOGETHER_SECONDS):
            return False
        wholes = _wholes(settled)
        if wholes:
            self._report.removed += leftovers(wholes)
        self._cleared = time.monotonic()
        return True

    def _count(self, tracked: Tracked) -> None:
        report, entry = self._report, tracked.entry
        report.read += 1
        if isinstance(entry, Unreadable):
            report.fail(entry.where, entry.reason)
        for document, outcome in tracked.outcomes:
            if (document.masked or outcome.masked) and outcome.verdict in ARRIVED:
                report.mask(document.of, document.masked or outcome.masked)
            if outcome.verdict is Verdict.CREATED:
                report.created += 1
            elif outcome.verdict is Verdict.UPDATED:
                report.updated += 1
            elif outcome.verdict is Verdict.STORED:
                report.stored += 1
            else:
                report.fail(document.where, outcome.reason, _retry(outcome))


def _letters(tracked: Tracked) -> Iterator[DeadLetter]:
    """A dead letter for each chunk that was not loaded."""
    entry = tracked.entry
    if isinstance(entry, Unreadable):
        yield DeadLetter(entry.where, None, entry.reason, plain(entry.source))
    for document, outcome in tracked.outcomes:
        if outcome.verdict not in ARRIVED:
            source = {**given(document.source), "id": document.id, "document": document.of}
            yield DeadLetter(document.where, document.id, outcome.reason, source, _retry(outcome))


def _retry(outcome: Outcome) -> Retry:
    return "later" if outcome.verdict is Verdict.LATER else "never"


def _wholes(settled: Iterable[Tracked]) -> dict[str, list[str]]:
    """The completely loaded documents and the ids of their chunks, without chunks that were entries themselves."""
    wholes: dict[str, list[str]] = {}
    for tracked in settled:
        if isinstance(tracked.entry, Document) and tracked.entry.of == tracked.entry.id:
            wholes.pop(tracked.entry.id, None)
            if all(outcome.verdict in (Verdict.CREATED, Verdict.UPDATED) for _, outcome in tracked.outcomes):
                wholes[tracked.entry.id] = [part.id for part, _ in tracked.outcomes]
    return wholes
