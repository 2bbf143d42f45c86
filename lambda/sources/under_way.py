"""The items of a run that are being read or loaded, until all their entries have a result."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from corpus.document import Document, Entry
from corpus.report import DeadLetter
from sources.item import Known, ListedItem
from sources.run import Run


@dataclass
class OpenItem:
    """An item: its entries so far, those with a result, and the ids of its documents."""

    item: ListedItem
    known: Known
    digest: str
    said: str = ""
    read: int = 0
    settled: int = 0
    ended: bool = False
    documents: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    later: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether all its entries have a result."""
        return self.ended and self.settled == self.read


class UnderWay:
    """The open items in the order of reading; entries are settled in the same order. Changes `known` and `run`."""

    def __init__(self, known: dict[str, Known], run: Run, tell: Callable[[], object]) -> None:
        self._known, self._run, self._tell = known, run, tell
        self._open: deque[OpenItem] = deque()

    def begin(self, opened: OpenItem) -> None:
        """Begin an item: the following entries belong to it."""
        self._open.append(opened)

    def take(self, opened: OpenItem, entry: Entry) -> Entry:
        """Count an entry of the item that is being read. A dry run also notes here what is refused."""
        opened.read += 1
        if isinstance(entry, Document):
            opened.documents.append(entry.of)
        elif self._run.dry:
            opened.refusals.append(f"{entry.where}: {entry.reason}")
        return entry

    def end(self, opened: OpenItem) -> None:
        """End an item: it has no further entries."""
        opened.ended = True
        if self._run.dry:
            opened.settled = opened.read
        self._settle()

    def refuse(self, letter: DeadLetter) -> None:
        """Note a dead letter; it belongs to the first open item."""
        opened = self._open[0]
        opened.refusals.append(letter.reason)
        opened.later |= letter.retry == "later"

    def confirm(self, _: Entry) -> None:
        """Count the next entry, which now has a result."""
        self._open[0].settled += 1
        self._settle()

    def _settle(self) -> None:
        """Note the items whose entries all have a result."""
        while self._open and self._open[0].is_settled:
            opened = self._open.popleft()
            item, before = opened.item, opened.known
            ids = list(dict.fromkeys(opened.documents))
            more = f" (and {len(opened.refusals) - 1} more)" if len(opened.refusals) > 1 else ""
            refused = opened.refusals[0] + more if opened.refusals else ""
            # If the item may be accepted later, its marks are left out, so the next run reads and compares it again.
            self._known[item.name] = Known(
                mark="" if opened.later else item.mark,
                digest="" if opened.later else opened.digest,
                said="" if refused else opened.said,
                refused=refused,
                documents=ids,
                seen=self._run.id,
                depth=item.depth,
                gone=gone(before, ids),
            )
            self._run.listed += 1
            if refused:
                self._run.refuse(item.name, refused)
            if ids:
                self._run.note("changed" if before.documents else "added", item.name)
            self._tell()


def gone(before: Known, ids: Sequence[str]) -> list[str]:
    """The ids of documents that an item had before and no longer has; `ids` are those that it has now."""
    return sorted({*before.documents, *before.gone}.difference(ids))
