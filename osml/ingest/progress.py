"""Shows how far an ingest is: a bar on a terminal, plain lines elsewhere. It counts documents and chunks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn
from rich.text import Text

from calls.count_of import count_of
from corpus.report import Report

# Seconds until the first plain line, the factor by which each pause grows, and the longest pause in seconds.
FIRST, LONGER, LONGEST = 1.0, 1.5, 30.0


@dataclass
class IngestPace:
    """The progress of an ingest of `total` bytes; `report` counts what is settled.

    settled: the settled bytes, including those of an interrupted ingest.
    earlier, before: the bytes and the documents that an interrupted ingest has settled.
    given: the documents that this ingest has read.
    """

    total: int
    report: Report
    settled: int = 0
    earlier: int = 0
    given: int = 0
    before: int = 0
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.before, self._began = self.report.read, self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self._began

    @property
    def left(self) -> float | None:
        """The remaining seconds at the rate so far; None while nothing is settled."""
        settled = self.settled - self.earlier
        return self.elapsed * (self.total - self.settled) / settled if settled > 0 else None

    @property
    def said(self) -> str:
        """The progress in words: `40 documents, 86 chunks, 3.0/s, 12 under way, 0:42 left`."""
        report = self.report
        new = report.read - self.before
        rate = new / max(self.elapsed, 1.0)
        parts = [count_of(report.read, "document"), count_of(report.arrived, "chunk"), f"{rate:,.1f}/s"]
        if self.given > new:
            parts.append(f"{self.given - new:,} under way")
        if report.failed:
            parts.append(f"{report.failed:,} failed")
        left = self.left
        if left is not None:
            parts.append(f"{_clock(left)} left")
        return ", ".join(parts)


class _Said(ProgressColumn):
    """A column with the pace, updated each time the bar is drawn."""

    def __init__(self, pace: IngestPace) -> None:
        super().__init__()
        self._pace = pace

    def render(self, task: Task) -> Text:  # noqa: ARG002 of the interface
        return Text(f"{_clock(self._pace.elapsed)}: {self._pace.said}")


@contextmanager
def shown(console: Console, pace: IngestPace) -> Iterator[None]:
    """Shows the pace while inside: redrawn on a terminal, otherwise a line now and then."""
    if console.is_terminal:
        with Progress(BarColumn(20), TaskProgressColumn(), _Said(pace), console=console) as progress:
            task = progress.add_task("", total=max(1, pace.total))
            with _often(lambda: progress.update(task, completed=pace.settled), 0.2, 1.0, 0.2):
                yield
            progress.update(task, completed=pace.settled)
        return

    def line() -> None:
        share = pace.settled / pace.total if pace.total else 1.0
        console.print(f"{_clock(pace.elapsed)}: {share:.0%}, {pace.said}", highlight=False, soft_wrap=True)

    with _often(line, FIRST, LONGER, LONGEST):
        yield


@contextmanager
def _often(do: Callable[[], object], first: float, longer: float, longest: float) -> Iterator[None]:
    """Calls `do` in a thread while inside, after pauses that grow by the factor `longer` from `first` to `longest`."""
    ended = threading.Event()

    def run() -> None:
        pause = first
        while not ended.wait(pause):
            do()
            pause = min(longest, pause * longer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _clock(seconds: float) -> str:
    """`0:42`, `12:07`, `3:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
