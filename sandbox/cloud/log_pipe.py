"""The output of a function's process: all lines that it writes before its answer are in the log of that call.

MiniStack 1.5.33 waits 50 ms for the first line and 5 ms for each further line. On a busy machine that is too short: the
last lines are then in the log of the next call, or in no log. For a call without output, the wait is useless.
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
    """Moves the output of the pipe `stream` into the queue `lines`.

    `follow` does that continuously; `catch_up` moves everything that is in the pipe.
    """

    def __init__(self, stream: IO[Any], lines: "queue.Queue[str]") -> None:
        self.lines = lines
        # This reference keeps the stream open. If it closed, its file descriptor could belong to another file.
        self._pipe = stream
        self._begun = b""
        self._ended = False
        # A thread holds the lock from the read until its lines are in `lines`, so no line is ever between the two.
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
        """Turn the content of the pipe into lines; an incomplete line stays until it is complete."""
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
    """Lets MiniStack's workers use a LogPipe; once per process."""
    drain = lambda_runtime.Worker._drain_stderr_bounded

    def _read_stderr(self: Any) -> None:
        self._log_pipe = LogPipe(self._proc.stderr, self._stderr_queue)
        self._log_pipe.follow()

    def _drain_stderr_bounded(self: Any, *waits: float, **named: float) -> str:
        pipe: LogPipe | None = getattr(self, "_log_pipe", None)
        # Workers of other kinds have their own readers.
        if pipe is None or pipe.lines is not self._stderr_queue:
            return str(drain(self, *waits, **named))
        pipe.catch_up()
        return str(self._drain_stderr())

    lambda_runtime.Worker._read_stderr = _read_stderr
    lambda_runtime.Worker._drain_stderr_bounded = _drain_stderr_bounded
