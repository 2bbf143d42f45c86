"""What a function's process writes: all that it has written by the time it answers is in the log of that call.

MiniStack 1.5.33 waits 50 ms for a first line and 5 ms for another one. On a busy machine that is too short, and the
last lines are in the log of the next call, or in none; of a call that writes nothing it is a pause.
"""

import contextlib
import os
import queue
import selectors
import threading
from typing import IO, Any

from ministack.core import lambda_runtime

_AT_ONCE = 65_536


class LogPipe:
    """Puts what comes out of `stream`, a pipe, into `lines`: as it comes, and up to now when that is asked for."""

    def __init__(self, stream: IO[Any], lines: "queue.Queue[str]") -> None:
        self.lines = lines
        # Held: whoever else drops it would close it, and its number would soon be another file's.
        self._pipe = stream
        self._begun = b""
        self._ended = False
        # Whoever holds it reads, and puts what was read: without it nothing is on its way.
        self._lock = threading.Lock()
        os.set_blocking(stream.fileno(), False)

    def follow(self) -> None:
        """Read until the other side has closed the pipe."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while not self._ended:
                selector.select()
                self.catch_up()

    def catch_up(self) -> None:
        """What is in the pipe becomes lines; one that is not complete stays until it is."""
        with self._lock, contextlib.suppress(BlockingIOError):
            while not self._ended:
                read = os.read(self._pipe.fileno(), _AT_ONCE)
                *lines, self._begun = (self._begun + read).split(b"\n")
                if not read:
                    self._ended = True
                    lines += [self._begun] if self._begun else []
                for line in lines:
                    self.lines.put(line.decode(errors="replace"))


def install() -> None:
    """Gives MiniStack's workers such a pipe; once per process."""
    drain = lambda_runtime.Worker._drain_stderr_bounded

    def _read_stderr(self: Any) -> None:
        self._log_pipe = LogPipe(self._proc.stderr, self._stderr_queue)
        self._log_pipe.follow()

    def _drain_stderr_bounded(self: Any, *waits: float, **named: float) -> str:
        pipe: LogPipe | None = getattr(self, "_log_pipe", None)
        # Workers of other kinds have readers of their own.
        if pipe is None or pipe.lines is not self._stderr_queue:
            return str(drain(self, *waits, **named))
        pipe.catch_up()
        return str(self._drain_stderr())

    lambda_runtime.Worker._read_stderr = _read_stderr
    lambda_runtime.Worker._drain_stderr_bounded = _drain_stderr_bounded
