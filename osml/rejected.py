"""The file of dead letters: what did not arrive, one JSON object a line, to be mended and loaded again."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from corpus.report import Letter


class Rejected:
    """Made with the first letter. A line holds `where`, `id`, `reason` and `document`; `osml ingest` takes the file."""

    def __init__(self, file: Path, size: int = 0) -> None:
        """Goes on behind the first `size` bytes, and forgets what an ingest that was cut off wrote behind them."""
        self.file, self.size = file, size
        self._handle: TextIO | None = None
        if file.exists() and file.stat().st_size > size:
            with file.open("r+b") as handle:
                handle.truncate(size)

    def write(self, letter: Letter) -> None:
        """Adds it, and sees to it that it is there before anything else is noted."""
        if self._handle is None:
            self._handle = self.file.open("a", encoding="utf-8")
        self._handle.write(json.dumps(asdict(letter), default=str) + "\n")
        self._handle.flush()
        self.size = self._handle.tell()

    def close(self) -> None:
        """No letter comes any more."""
        if self._handle is not None:
            self._handle.close()
