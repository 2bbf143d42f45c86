"""The journal of an ingest, from which the next ingest resumes after any interruption."""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.report import Report
from osml.failure import Failure

# Seconds between two lines. After a kill, documents that were settled since the last line are sent again.
OFTEN = 0.5


@dataclass(frozen=True)
class Reached:
    """The progress of one source: `entries` and `read` bytes of its `version`."""

    version: str
    entries: int = 0
    read: int = 0
    finished: bool = False


@dataclass(frozen=True)
class _Noted:
    """A line of the journal. It contains all counts so far, so the last line is enough."""

    source: str
    reached: Reached
    size: int
    figures: tuple[int, int, int, int, int, int, int]
    errors: int


class Journal:
    """An append-only file of JSON lines.

    report: the counts so far.
    reached: the progress of each source, by its name.
    rejected, size: the file of dead letters, and its length at that time.
    """

    def __init__(self, file: Path) -> None:
        """The journal of an earlier ingest, or an empty one. Raises Failure while another process writes it."""
        self.report, self.reached = Report(), dict[str, Reached]()
        self.rejected: str | None = None
        self.size = 0
        self._file = file
        self._noted: _Noted | None = None
        self._written = 0.0
        file.parent.mkdir(parents=True, exist_ok=True)
        self._handle = file.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._handle.close()
            raise Failure("Another ingest of the same documents is running. Wait until it ends.") from None
        self._read()

    @property
    def continues(self) -> bool:
        """Whether an earlier ingest was interrupted."""
        return bool(self.reached)

    def note(self, source: str, reached: Reached, size: int) -> None:
        """Note the progress: on disk at once when the source is finished, otherwise every OFTEN seconds."""
        self.reached[source] = reached
        report = self.report
        figures = (
            report.read,
            report.created,
            report.updated,
            report.stored,
            report.failed,
            report.removed,
            report.later,
        )
        self._noted = _Noted(source, reached, size, figures, len(report.errors))
        if reached.finished or time.monotonic() - self._written >= OFTEN:
            self.write()

    def forget(self) -> None:
        """Discard the progress, so that the ingest starts over."""
        self._handle.truncate(0)
        self.report, self.reached, self.rejected, self.size = Report(), {}, None, 0

    def close(self) -> None:
        """Write the last note, from which the next ingest continues; a journal without progress is removed."""
        # A full disk accepts no further line. The next ingest ignores an unfinished one.
        with contextlib.suppress(OSError):
            self.write()
        with contextlib.suppress(OSError):
            self._handle.close()
        if not self.reached:
            self._file.unlink(missing_ok=True)

    def end(self) -> None:
        """Remove the journal, because everything is loaded; the next ingest starts over."""
        self.reached, self._noted = {}, None
        self.close()

    def write(self) -> None:
        """Write what was noted last, unless it is written."""
        if self._noted is None:
            return
        noted, self._noted, self._written = self._noted, None, time.monotonic()
        report = Report(*noted.figures, errors=self.report.errors[: noted.errors])
        report.masked, report.masked_in = self.report.masked, self.report.masked_in
        figures = {**asdict(report), "unkept": sorted(self.report.unkept)}
        line = {"source": noted.source, **asdict(noted.reached), "rejected": self.rejected, "size": noted.size}
        self._handle.write(json.dumps({**line, "report": figures}) + "\n")
        self._handle.flush()

    def _read(self) -> None:
        self._handle.seek(0)
        whole = 0
        for line in self._handle:
            # A process that was killed during a write leaves half a line.
            if not line.endswith("\n"):
                break
            self._take(json.loads(line))
            whole += len(line.encode())
        self._handle.truncate(whole)

    def _take(self, line: dict[str, Any]) -> None:
        reached = Reached(line["version"], line["entries"], line["read"], line["finished"])
        self.reached[line["source"]] = reached
        self.rejected, self.size = line["rejected"], line["size"]
        figures = line["report"]
        self.report = Report(**{**figures, "unkept": set(figures["unkept"])})


def journal(env: str, index: str, names: Sequence[str]) -> Journal:
    """The journal of an ingest of the sources `names` from the working directory. Raises Failure as Journal does.

    It is in the folder OSML_STATE, or else in the XDG base directory for program state.
    """
    key = hashlib.sha256("\0".join([os.getcwd(), env, index, *names]).encode(errors="surrogatepass")).hexdigest()
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "osml" / "ingest"
    return Journal(Path(os.environ.get("OSML_STATE") or base) / f"{env}-{key[:16]}.ndjson")
