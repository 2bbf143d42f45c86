"""Progress of the local cloud's preparation: one line per step, and one display for all downloads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

_MEGABYTE = 1_000_000


class Progress(Protocol):
    def step(self, text: str) -> None:
        """Report a step of the preparation."""

    def download(self, name: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Display a download of `total` bytes (0 if unknown). Call the block's value with the size of each piece."""


class ConsoleProgress:
    """Writes steps as lines with the seconds since the start. A download is a bar, or without a terminal, lines.

    Without a terminal, there is one line for each quarter of a download.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._began = time.monotonic()
        self._lock = Lock()

    def step(self, text: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._began:5.1f} s[/]  {text}", highlight=False, soft_wrap=True)

    @contextmanager
    def download(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        with self._bar(name, total) if self._console.is_terminal else self._rows(name, total) as arrived:
            yield arrived

    @contextmanager
    def _bar(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        columns = (TextColumn("         {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Bars(*columns, TimeRemainingColumn(), console=self._console, transient=True) as bars:
            task = bars.add_task(name, total=total or None)
            began = time.monotonic()
            yield lambda count: bars.advance(task, count)
        done = bars.tasks[0].completed / _MEGABYTE
        self.step(f"{name}: {done:.0f} MB in {time.monotonic() - began:.0f} s.")

    @contextmanager
    def _rows(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        done, shown_quarter = 0, 0

        def arrived(count: int) -> None:
            nonlocal done, shown_quarter
            with self._lock:
                done += count
                quarter = done * 4 // total if total else 0
                if quarter > shown_quarter:
                    shown_quarter = quarter
                    self.step(f"{name}: {done / _MEGABYTE:.0f} of {total / _MEGABYTE:.0f} MB")

        self.step(f"{name}: {total / _MEGABYTE:.0f} MB to download …")
        yield arrived


class Lines:
    """Calls a function with each step as a line. Of a download, it reports only the start."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.step = report

    @contextmanager
    def download(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        if total:
            self.step(f"{name}: {total / _MEGABYTE:.0f} MB to download …")
        yield lambda _: None
