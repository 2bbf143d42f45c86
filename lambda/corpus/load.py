"""Loads documents: as many at once as their destination accepts, with a result for each, in order."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from calls.backoff import Backoff
from corpus.acceptance import Acceptance
from corpus.destination import ARRIVED, BatchTooLarge, Busy, Destination, Outcome, Stopped, Verdict
from corpus.document import Document, Entry, Unreadable
from corpus.garbage import seldom_collected
from corpus.in_flight import Item, Leftovers, Track
from corpus.outbox import Outbox
from corpus.pace import LONGEST_PAUSE, Pace
from corpus.report import DeadLetter, Report
from corpus.senders import MOST_THREADS, BatchAnswer, Senders

ATTEMPTS = 12
# The share of the usual pause for documents that were refused while others were accepted. A model that throttles one
# call may accept the next, and the window limits the number of calls.
SOONER = 0.1
LONGEST_ASKED = 60.0
# The limit of entries that are read after the first one without a result.
AHEAD, AHEAD_BYTES = 20_000, 32_000_000
# Seconds between two attempts while the model that embeds starts.
START_PAUSE = 20.0
# Repetitions are counted from 1.
BACKOFF = Backoff(first=0.5, longest=LONGEST_PAUSE, longest_asked=LONGEST_ASKED)


def load(
    entries: Iterable[Entry],
    connect: Callable[[], Destination],
    *,
    parts: Callable[[Document], Sequence[Document]] = lambda document: [document],
    report: Report | None = None,
    dead_letters: Callable[[DeadLetter], None] = lambda _: None,
    confirmed: Callable[[Entry], None] = lambda _: None,
    leftovers: Leftovers | None = None,
    pause: Callable[[int, float], float] = BACKOFF.pause,
    starting: Callable[[], None] = lambda: None,
) -> Report:
    """Send every document of `entries`; the memory does not grow with their number.

    connect: makes a Destination; called once here, and once in each thread that sends.
    parts: returns the chunks of a document; by default the document itself.
    report: the counts are added to this one, for example when an earlier load is continued.
    dead_letters: called once with each document or chunk that was not loaded, and with each Unreadable.
    confirmed: called with each entry in order, when it and all entries before it are settled, after its dead letters.
        A caller that notes the last one can resume there.
    leftovers: called with loaded documents and the ids of their chunks, before they are confirmed; None if the
        destination has no other chunks of them.
    pause: returns the seconds before a repetition, from its number and the seconds that the destination asked for.
    starting: called when documents are refused because the model that embeds starts. They are sent again until it has
        started, unless this raises Stopped.

    Documents with the same id are sent one after the other, so that the last one stays. Raises Stopped, and the
    exceptions of `entries` and `connect`. Then `report` counts documents without a result as failed; they are neither
    dead letters nor confirmed.
    """
    report = Report() if report is None else report
    run = _Load(connect, parts, Track(report, dead_letters, confirmed, leftovers), pause, starting)
    try:
        with seldom_collected():
            run.all(entries)
    except Exception as error:
        # The error may have come from writing dead letters, which can fail again here.
        with contextlib.suppress(OSError):
            run.abandon(str(error))
        raise
    finally:
        run.close()
    return report


class _Load:
    """The state of one load, in the thread of its caller."""

    def __init__(
        self,
        connect: Callable[[], Destination],
        parts: Callable[[Document], Sequence[Document]],
        track: Track,
        pause: Callable[[int, float], float],
        starting: Callable[[], None],
    ) -> None:
        self._destination = connect()
        self._parts, self._track, self._pause, self._starting = parts, track, pause, starting
        self._senders = Senders(connect)
        self._pace = Pace(MOST_THREADS * self._destination.most_documents)
        self._outbox = Outbox(self._most_together(), self._destination.most_bytes)
        self._ids: set[str] = set()
        self._quiet_until = 0.0
        self._acceptance = Acceptance()

    def all(self, entries: Iterable[Entry]) -> None:
        """Read, send and settle everything."""
        for entry in entries:
            self._enter(entry)
            while self._has_enough():
                self._step()
        while self._ids:
            self._step(ending=True)
        self._track.advance(ending=True)

    def abandon(self, reason: str) -> None:
        """Wait for the missing answers, and count documents without a result as failed."""
        while self._senders.batches:
            answer = self._senders.take(None)
            if answer and not isinstance(answer.result, Exception):
                for item, outcome in zip(answer.batch, answer.result, strict=True):
                    # Other documents, such as throttled ones, would have been sent again, so they have no result.
                    if outcome.verdict in ARRIVED:
                        self._track.settle(item, outcome)
        self._track.abandon(reason)

    def close(self) -> None:
        """End the threads."""
        self._senders.close()

    def _enter(self, entry: Entry) -> None:
        if isinstance(entry, Unreadable):
            self._track.add(entry)
            return
        pieces = self._parts(entry)
        ids = [piece.id for piece in pieces]
        while not self._ids.isdisjoint(ids):
            self._step(ending=True)
        bodies = [self._destination.encode(piece) for piece in pieces]
        tracked = self._track.add(entry, len(pieces), sum(map(len, bodies)))
        self._ids.update(ids)
        self._outbox.add(Item(piece, body, tracked) for piece, body in zip(pieces, bodies, strict=True))

    def _has_enough(self) -> bool:
        """Whether enough entries are read for now."""
        return (
            self._outbox.fills_a_batch
            or len(self._track) >= AHEAD
            or self._track.bytes >= AHEAD_BYTES
            or self._outbox.waiting >= 2 * self._destination.most_documents
        )

    def _most_together(self) -> int:
        return min(self._pace.batch, self._destination.most_documents)

    def _step(self, ending: bool = False) -> None:
        """Send a batch, or wait for an answer; with `ending`, also send a batch that is not full."""
        now = time.monotonic()
        room = not self._senders.full and self._senders.items < self._pace.window
        if room and now >= self._quiet_until:
            batch = self._outbox.next(now, ending=ending)
            if batch:
                if not (self._senders.batches or self._outbox.waiting or any(item.again for item in batch)):
                    self._acceptance.begin(now)
                self._senders.give(batch)
                return
        answer = self._senders.take(self._longest_wait(now) if room else None)
        if answer:
            self._settle(answer)
            self._quiet_until = max(self._quiet_until, time.monotonic() + self._pace.pause(answer.seconds))
            self._outbox.most = self._most_together()
            self._track.advance()

    def _longest_wait(self, now: float) -> float | None:
        """The seconds until there may be something to send; None if that needs an answer first."""
        if self._quiet_until > now:
            return self._quiet_until - now
        if self._outbox.due is not None:
            return max(0.0, self._outbox.due - now)
        return None if self._senders.batches else 0.0

    def _settle(self, answer: BatchAnswer) -> None:
        result = answer.result
        if isinstance(result, Busy):
            self._pace.answered(0, len(answer.batch), answer.seconds)
            if result.wait:
                self._quiet_until = time.monotonic() + min(result.wait, LONGEST_ASKED)
            self._wait(answer.batch, [str(result)] * len(answer.batch), result)
        elif isinstance(result, BatchTooLarge):
            if len(answer.batch) == 1:
                self._settle_one(answer.batch[0], Outcome(Verdict.REFUSED, str(result)))
            else:
                self._outbox.halve(answer.batch)
        elif isinstance(result, Exception):
            raise result
        else:
            self._settle_each(answer, result)

    def _settle_each(self, answer: BatchAnswer, outcomes: Sequence[Outcome]) -> None:
        again: list[Item] = []
        reasons: list[str] = []
        too_early: list[Item] = []
        refused: defaultdict[str, list[Item]] = defaultdict(list)
        for item, outcome in zip(answer.batch, outcomes, strict=True):
            if outcome.verdict in (Verdict.LATER, Verdict.FAILED):
                item.suspect |= outcome.verdict is Verdict.FAILED
                again.append(item)
                reasons.append(outcome.reason)
            elif outcome.verdict is Verdict.STARTING:
                too_early.append(item)
            elif outcome.verdict is Verdict.REFUSED:
                refused[outcome.reason].append(item)
            else:
                self._acceptance.accept()
                self._settle_one(item, outcome)
        self._pace.answered(len(answer.batch) - len(again) - len(too_early), len(again), answer.seconds)
        if too_early:
            self._wait_for_the_model(too_early)
        if again:
            self._wait(again, reasons)
        for reason, items in refused.items():
            # If the model refuses one document, all documents of the same call fail.
            if len(items) > 1:
                self._outbox.halve(items)
            else:
                self._settle_one(items[0], Outcome(Verdict.REFUSED, reason))
                self._acceptance.refuse(reason)

    def _wait_for_the_model(self, items: list[Item]) -> None:
        """Send nothing for a while, then send the items again; this uses up none of their attempts."""
        self._starting()
        now = time.monotonic()
        self._acceptance.require(now, "the model that embeds is starting")
        self._quiet_until = now + self._pause(1, START_PAUSE)
        for item in items:
            self._outbox.wait(item, self._quiet_until)

    def _wait(self, items: list[Item], reasons: list[str], busy: Busy | None = None) -> None:
        """Send the items again together after a pause, except those whose attempts are used up."""
        now = time.monotonic()
        self._acceptance.require(now, reasons[-1])
        for item in items:
            item.attempts += 1
        attempt = max(item.attempts for item in items)
        due = now + (self._pause(attempt, busy.wait) if busy else self._pause(attempt, 0.0) * SOONER)
        for item, reason in zip(items, reasons, strict=True):
            if item.attempts < ATTEMPTS:
                self._outbox.wait(item, due)
            elif busy and busy.unsure:
                raise Stopped(
                    f"{reason}. Load the documents again; documents that are already stored are not duplicated."
                )
            else:
                said = f"gave up after {ATTEMPTS} attempts, last answer: {reason}"
                self._settle_one(item, Outcome(Verdict.LATER, said))

    def _settle_one(self, item: Item, outcome: Outcome) -> None:
        self._ids.discard(item.document.id)
        self._track.settle(item, outcome)
