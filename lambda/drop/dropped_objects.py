"""The objects of one call, read one after another, and the result of each."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from corpus.destination import Stopped
from corpus.document import Document, Entry, Unreadable
from corpus.fields import with_access
from corpus.formats import Reading
from corpus.recognition import Unrecognized
from corpus.report import DeadLetter
from corpus.separate_process import FileLimits
from corpus.source import read

IN_MEMORY = 1_000_000
# The most seconds that reading an object may take while others wait, and the most bytes of memory.
LONGEST, MOST_MEMORY = 60.0, 512 << 20
TIME_OVER = "the function's time ended; raise drop.seconds, or use smaller objects"
# Its parser is larger than all others together (pyarrow, 150 MB), so only the command line has it.
NOT_HERE = (".parquet", ".parquet.gz")


@dataclass
class Dropped:
    """An object: `name` is its key after the prefix, and the id of a document that is a whole object.

    messages: the ids of the messages that name it.
    read, settled: the number of entries that were read, and of those with a result; `ended` when all were read.
    dead_letters: NDJSON, None without any; `refused` is their number, `reason` the reason of the first one, and
        `later` the number of those that may be loaded later.
    trouble: why it could not be read to its end.
    """

    bucket: str
    key: str
    name: str
    messages: list[str] = field(default_factory=list)
    read: int = 0
    settled: int = 0
    ended: bool = False
    dead_letters: IO[bytes] | None = None
    refused: int = 0
    later: int = 0
    reason: str = ""
    trouble: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether all its entries have a result."""
        return self.ended and self.settled == self.read

    @property
    def is_loaded(self) -> bool:
        """Whether all its entries are in the index, or the object was deleted."""
        return self.is_settled and not self.refused and not self.trouble

    @property
    def is_hopeless(self) -> bool:
        """Whether all its entries have a result, and another attempt would have the same result."""
        return self.is_settled and self.refused > self.later == 0 and not self.trouble

    def refuse(self, dead_letter: DeadLetter) -> None:
        """Add a dead letter."""
        if self.dead_letters is None:
            self.dead_letters = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - goes with its object
        self.refused += 1
        self.later += dead_letter.retry == "later"
        self.reason = self.reason or f"{dead_letter.where}: {dead_letter.reason}"
        self.dead_letters.write(json.dumps(asdict(dead_letter), allow_nan=False).encode() + b"\n")

    def written(self) -> IO[bytes]:
        """The dead letters, from the first byte on."""
        assert self.dead_letters  # noqa: S101 - for the type checker: asked only when there are some
        self.dead_letters.seek(0)
        return self.dead_letters


class Shipment:
    """`objects` as one stream of entries, so that small objects share requests. Each dead letter goes to its object."""

    def __init__(
        self,
        objects: list[Dropped],
        s3: Any,
        reading: Reading,
        on_time: Callable[[], None],
        left: Callable[[], float] = lambda: LONGEST,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`on_time` raises if there is no time for another entry; `left` returns the seconds until then.

        `groups` are the groups that may see the objects of each prefix.
        """
        self.objects = objects
        # The limit is the same for each object, so it does not depend on the other objects.
        self._seconds = min(LONGEST, left() / 2)
        self._s3, self._reading, self._on_time, self._left = s3, reading, on_time, left
        self._groups = groups or {}
        self._at = 0

    def entries(self) -> Iterator[Entry]:
        """All entries of all objects; an object that cannot be read does not affect the others."""
        for dropped in self.objects:
            try:
                for entry in self._entries(dropped):
                    self._on_time()
                    dropped.read += 1
                    yield self._for_groups(dropped, entry)
            except (ClientError, BotoCoreError, OSError) as error:
                dropped.trouble = _reason(error)
            except Unrecognized as why:
                dropped.trouble = str(why)
            dropped.ended = True

    def dead_letter(self, dead_letter: DeadLetter) -> None:
        """Add a dead letter to the object of the next unsettled entry."""
        self._current().refuse(dead_letter)

    def confirmed(self, _: Entry) -> None:
        """Note that the next entry is settled; entries are confirmed in the order of reading."""
        self._current().settled += 1

    def _for_groups(self, dropped: Dropped, entry: Entry) -> Entry:
        """The entry with the groups of the longest matching prefix of its object."""
        prefix = max((prefix for prefix in self._groups if dropped.name.startswith(prefix)), key=len, default=None)
        if prefix is None or not isinstance(entry, Document):
            return entry
        return replace(entry, source=with_access(entry.source, self._groups[prefix]))

    def _current(self) -> Dropped:
        while self.objects[self._at].is_settled:
            self._at += 1
        return self.objects[self._at]

    def _entries(self, dropped: Dropped) -> Iterator[Entry]:
        if dropped.name.lower().endswith(NOT_HERE):
            yield Unreadable(dropped.name, "is Parquet, which only `osml ingest` can read")
            return
        try:
            body = self._s3.get_object(Bucket=dropped.bucket, Key=dropped.key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return  # deleted meanwhile: there is nothing to load
            raise
        if self._left() < self._seconds:
            raise Stopped(TIME_OVER)
        with body:
            yield from read(body, dropped.name, self._reading, limits=FileLimits(max(1.0, self._seconds), MOST_MEMORY))


def _reason(error: Exception) -> str:
    said = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return f"it could not be read completely: {said}"
