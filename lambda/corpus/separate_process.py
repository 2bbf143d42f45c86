"""Reads files in a separate process, so that a parser's fault, time or memory affects only that file.

The process has no credentials, and one socket as its only connection. It receives a request and the file's descriptor.
It returns rows, or pictures whose text it needs; see reader.py. It stays alive for the next file, and is ended when a
file takes too much time or memory.
"""

import atexit
import base64
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from corpus.formats import Reading, Row
from corpus.packed import unpacked
from corpus.recognition import Recognize

LENGTH = struct.Struct("!I")
# The limit of one row as JSON. A text of LARGEST characters takes at most six times as many bytes.
LARGEST_FRAME = 128 << 20
_PIECE = 1 << 16
# The variables that a Python needs to start; none of them is a secret.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The limits of a file: `seconds` until its next row or picture, and `memory` in bytes (on Linux)."""

    seconds: float = 60.0
    memory: int = 1 << 30


class _Ended(Exception):
    """There is no further row; the reason ends a sentence that begins with the file's name."""


def apart(file: BinaryIO, name: str, reading: Reading, limits: FileLimits) -> Iterator[tuple[Row, int]]:
    """The rows of a file that has a descriptor, each with the position reached in the file. Raises Unrecognized."""
    reader = _idle(limits) or _Reader(limits)
    finished = False
    try:
        reader.ask(file, name, reading)
        while (answer := reader.hear(limits.seconds, reading.recognize)) is not None:
            position = answer.pop()
            yield Row(*answer), position
        finished = True
    except _Ended as ended:
        yield Row(name, reason=str(ended)), os.fstat(file.fileno()).st_size
    finally:
        # A process that was interrupted within a file would continue with that file, so it is ended.
        if finished:
            _keep(reader)
        else:
            reader.end()


class _Reader:
    """A process that reads one file after the other."""

    def __init__(self, limits: FileLimits) -> None:
        self.limits = limits
        self._socket, theirs = socket.socketpair()
        self._received = bytearray()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "corpus.reader", str(theirs.fileno()), str(limits.memory)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={
                    **{name: os.environ[name] for name in _KEPT if name in os.environ},
                    "PYTHONPATH": os.pathsep.join(os.path.abspath(place) for place in [*sys.path, *unpacked()]),
                },
            )

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ask(self, file: BinaryIO, name: str, reading: Reading) -> None:
        """Request the rows of a file from its beginning."""
        file.seek(0)
        plain = {
            "text_field": reading.text_field,
            "given": reading.given,
            "columns": [*reading.columns],
            "advice": reading.advice,
            "most_scans": reading.most_scans,
        }
        request = json.dumps([name, plain, reading.recognize is not None, self.limits.seconds]).encode()
        try:
            socket.send_fds(self._socket, [LENGTH.pack(len(request))], [file.fileno()])
            self._socket.sendall(request)
        except OSError:
            raise _Ended(self._why()) from None

    def hear(self, seconds: float, recognize: Recognize | None) -> list[Any] | None:
        """The fields of the next row and a position; None after the last row. Raises Unrecognized."""
        while isinstance(answer := self._hear(seconds), dict):
            if recognize is None:
                raise _Ended("cannot be read: its parser needs something that it did not get")
            recognized = recognize([base64.b64decode(picture) for picture in answer["pictures"]])
            said = json.dumps([[list(picture.lines), picture.reason] for picture in recognized]).encode()
            try:
                self._socket.sendall(LENGTH.pack(len(said)) + said)
            except OSError:
                raise _Ended(self._why()) from None
        return answer or None

    def _hear(self, seconds: float) -> Any:
        ends = time.monotonic() + seconds
        (size,) = LENGTH.unpack(self._take(LENGTH.size, ends, seconds))
        if size > LARGEST_FRAME:
            raise _Ended(f"contains a document of more than {LARGEST_FRAME >> 20} MiB")
        return json.loads(self._take(size, ends, seconds))

    def end(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._socket.close()

    def _take(self, size: int, ends: float, seconds: float) -> bytes:
        while len(self._received) < size:
            readable, _, _ = select.select([self._socket], [], [], max(0.0, ends - time.monotonic()))
            if not readable:
                raise _Ended(f"took more than {seconds:.0f} seconds to be read")
            try:
                piece = self._socket.recv(_PIECE)
            except OSError:
                piece = b""
            if not piece:
                raise _Ended(self._why())
            self._received += piece
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _why(self) -> str:
        """Why the process has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        if self._process.returncode == -signal.SIGXCPU:
            return f"took more than {self.limits.seconds:.0f} seconds to be read"
        limit = f"limit {self.limits.memory >> 20} MiB"
        return f"cannot be read: its parser ended, perhaps because it needed more memory ({limit})"


_kept: list[_Reader] = []
_keeping = threading.Lock()


def _idle(limits: FileLimits) -> _Reader | None:
    """A kept process with the same memory limit that waits for a file; None if there is none."""
    with _keeping:
        for reader in [kept for kept in _kept if kept.limits.memory == limits.memory]:
            _kept.remove(reader)
            if reader.is_alive:
                reader.limits = limits
                return reader
            reader.end()
    return None


def _keep(reader: _Reader) -> None:
    with _keeping:
        _kept.append(reader)


@atexit.register
def _end_all() -> None:
    while _kept:
        _kept.pop().end()
