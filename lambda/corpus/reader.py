"""The process in which separate_process.py reads files: `python -m corpus.reader DESCRIPTOR MEMORY`."""

import base64
import contextlib
import functools
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

from corpus.formats import Reading, Row
from corpus.recognition import Recognized
from corpus.separate_process import LENGTH
from corpus.source import positioned

# The limit of files that a parser writes; no parser needs to write any.
_LARGEST_WRITTEN = 2 << 30


def main(descriptor: int, memory: int) -> None:
    """Read files until the parent closes the socket."""
    _limit(resource.RLIMIT_DATA, memory)
    _limit(resource.RLIMIT_FSIZE, _LARGEST_WRITTEN)
    _limit(resource.RLIMIT_CORE, 0)
    with socket.socket(fileno=descriptor) as connection:
        while True:
            head, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, 1)
            if not head:
                return
            (size,) = LENGTH.unpack(head)
            request = connection.recv(size, socket.MSG_WAITALL)
            name, reading, recognizes, seconds = json.loads(request)
            recognize = functools.partial(_recognized, connection, seconds) if recognizes else None
            with os.fdopen(descriptors[0], "rb") as file:
                _answer(connection, file, name, Reading(**reading, recognize=recognize), seconds)


def _answer(connection: socket.socket, file: BinaryIO, name: str, reading: Reading, seconds: float) -> None:
    _allow(seconds)
    try:
        for row, position in positioned(file, name, reading):
            _say(connection, [*row, position])
            _allow(seconds)
    except FileNotFoundError as error:
        # A parser lacks a file of its own. Other errors of the system end the process.
        missing = os.path.basename(str(error.filename))
        _say(connection, [*Row(name, reason=f"cannot be read here: its parser lacks the file {missing}"), 0])
    _say(connection, [])


def _recognized(connection: socket.socket, seconds: float, pictures: Sequence[bytes]) -> list[Recognized]:
    """Ask the parent process to recognise the text of pictures."""
    _say(connection, {"pictures": [base64.b64encode(picture).decode() for picture in pictures]})
    (size,) = LENGTH.unpack(connection.recv(LENGTH.size, socket.MSG_WAITALL))
    answer = json.loads(connection.recv(size, socket.MSG_WAITALL))
    _allow(seconds)
    return [Recognized(*recognized) for recognized in answer]


def _say(connection: socket.socket, said: list[Any] | dict[str, Any]) -> None:
    frame = json.dumps(said, default=str).encode()
    connection.sendall(LENGTH.pack(len(frame)) + frame)


def _allow(seconds: float) -> None:
    """Limit the processor time from now on: nothing else ends this process if its parent has died."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 2, hard))


def _limit(kind: int, most: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
