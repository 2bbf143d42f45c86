"""The file of dead letters: documents that could not be loaded, one JSON object for each line."""

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from corpus.report import DeadLetter


class DeadLetters:
    """The file, created with the first dead letter. A line contains `where`, `id`, `reason`, `document` and `retry`."""

    def __init__(self, file: Path, size: int = 0) -> None:
        """Keeps the first `size` bytes of the file, and removes what an interrupted ingest wrote after them."""
        self.file, self.size = file, size
        self._handle: TextIO | None = None
        if file.exists() and file.stat().st_size > size:
            with file.open("r+b") as handle:
                handle.truncate(size)

    def write(self, dead_letter: DeadLetter) -> None:
        """Adds a dead letter, and flushes it to the file before the journal notes anything else."""
        if self._handle is None:
            self._handle = self.file.open("a", encoding="utf-8")
        self._handle.write(json.dumps(asdict(dead_letter), default=str, allow_nan=False) + "\n")
        self._handle.flush()
        self.size = self._handle.tell()

    def close(self) -> None:
        """Closes the file."""
        if self._handle is not None:
            # The journal does not contain what a full disk refused, so nothing is lost.
            with contextlib.suppress(OSError):
                self._handle.close()
