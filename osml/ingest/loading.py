"""One ingest: its sources in order, each resumed after its settled entries, and the journal of its progress."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from corpus.document import Entry
from corpus.formats import Reading
from corpus.report import DeadLetter
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.journal import Journal, Reached
from osml.ingest.progress import IngestPace
from osml.ingest.sources import DocumentSource, entries


@dataclass
class _Stretch:
    """A source with entries in flight: its settled progress, and its number of entries once known."""

    address: str
    reached: Reached
    end: int | None = None


class Loading:
    """The unsettled entries of `sources`; the caller reports each settled entry."""

    def __init__(
        self,
        sources: Iterable[DocumentSource],
        reading: Reading,
        journal: Journal,
        rejected: DeadLetters,
        pace: IngestPace,
    ) -> None:
        """`pace` gets the numbers of what is given and settled, including what an earlier ingest settled."""
        self._sources, self._reading = sources, reading
        self._journal, self._rejected, self._pace = journal, rejected, pace
        self._stretches: deque[_Stretch] = deque()

    def entries(self) -> Iterator[Entry]:
        """The entries to load. Raises Failure when a source cannot be read."""
        for source in self._sources:
            before = self._journal.reached.get(source.address)
            if before is None or before.version != source.version:
                before = Reached(source.version)
            self._pace.settled += source.size if before.finished else before.read
            self._pace.earlier += source.size if before.finished else before.read
            if before.finished:
                continue
            stretch = _Stretch(source.address, before)
            self._stretches.append(stretch)
            count = before.entries
            for entry in entries(source, self._reading, before.entries):
                count += 1
                self._pace.given += 1
                yield entry
            stretch.end = count

    def dead_letter(self, dead_letter: DeadLetter) -> None:
        """Report a document that could not be loaded."""
        self._rejected.write(dead_letter)

    def confirmed(self, entry: Entry) -> None:
        """Report a settled entry; all entries before it are settled too."""
        self._pass_over()
        stretch = self._stretches[0]
        before = stretch.reached
        stretch.reached = replace(before, entries=before.entries + 1, read=before.read + entry.read)
        self._pace.settled += entry.read
        self._journal.note(stretch.address, stretch.reached, self._rejected.size)

    def finish(self) -> None:
        """Report that everything is settled."""
        self._pass_over()

    def _pass_over(self) -> None:
        """Drops the sources whose entries are all settled."""
        while self._stretches and self._stretches[0].end == self._stretches[0].reached.entries:
            stretch = self._stretches.popleft()
            self._journal.note(stretch.address, replace(stretch.reached, finished=True), self._rejected.size)
