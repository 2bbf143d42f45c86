"""One ingest: sources in order, each behind what was settled before, and a note of how far it got."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from corpus.document import Entry
from corpus.report import Letter
from corpus.source import read
from osml.journal import Journal, Reached
from osml.rejected import Rejected
from osml.sources import Source


@dataclass
class _Stretch:
    """A source of which entries are under way: how far it is settled, and after how many entries it ends."""

    name: str
    reached: Reached
    end: int | None = None


class Loading:
    """Gives the entries of `sources` that are not settled, and is told which are."""

    def __init__(
        self,
        sources: Iterable[Source],
        text_field: str,
        journal: Journal,
        rejected: Rejected,
        advance: Callable[[int], None],
    ) -> None:
        """`advance` is told the bytes that are settled, those of an earlier ingest first."""
        self._sources, self._text_field = sources, text_field
        self._journal, self._rejected, self._advance = journal, rejected, advance
        self._stretches: deque[_Stretch] = deque()

    def entries(self) -> Iterator[Entry]:
        """What is to be loaded. Raises Failure when a source cannot be read."""
        for source in self._sources:
            before = self._journal.reached.get(source.name)
            if before is None or before.version != source.version:
                before = Reached(source.version)
            self._advance(source.size if before.finished else before.read)
            if before.finished:
                continue
            stretch = _Stretch(source.name, before)
            self._stretches.append(stretch)
            count = before.entries
            with source.open() as stream:
                for entry in read(stream, source.name, self._text_field, before.entries):
                    count += 1
                    yield entry
            stretch.end = count

    def letter(self, letter: Letter) -> None:
        """A document did not arrive."""
        self._rejected.write(letter)

    def confirmed(self, entry: Entry) -> None:
        """It is settled, and so is all before it."""
        self._pass_over()
        stretch = self._stretches[0]
        before = stretch.reached
        stretch.reached = replace(before, entries=before.entries + 1, read=before.read + entry.read)
        self._advance(entry.read)
        self._journal.note(stretch.name, stretch.reached, self._rejected.size)

    def finish(self) -> None:
        """Everything is settled."""
        self._pass_over()

    def _pass_over(self) -> None:
        """Leaves the sources behind all of whose entries are settled."""
        while self._stretches and self._stretches[0].end == self._stretches[0].reached.entries:
            stretch = self._stretches.popleft()
            self._journal.note(stretch.name, replace(stretch.reached, finished=True), self._rejected.size)
