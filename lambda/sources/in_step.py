"""One run of a source, whatever its kind: list, compare, load what is new, remove what has vanished.

A run may take several calls of a function. What a call has settled is in `known`; the next call continues from there.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, BinaryIO, cast

from corpus.destination import Destination
from corpus.document import Document, Entry, Unreadable, named
from corpus.fields import with_access, with_source
from corpus.formats import Reading
from corpus.in_flight import Leftovers
from corpus.load import BACKOFF, load
from corpus.recognition import Unrecognized
from corpus.report import Report
from corpus.separate_process import FileLimits
from corpus.source import read
from sources.item import Content, ItemSource, Known, ListedItem, Unreached
from sources.run import Run
from sources.under_way import OpenItem, UnderWay, gone
from sources.vanished import Remove, remove_vanished

_PIECE = 1 << 20


@dataclass(frozen=True)
class Into:
    """The destination of documents: how to connect, and how they are read and cut.

    vanished: removes documents of this source. parts: the chunks of a document. leftovers: removes chunks of an earlier
    version, regardless of who loaded them; None if the destination does that itself. groups: the groups that may see
    the documents; without any, everybody may.
    """

    connect: Callable[[], Destination]
    vanished: Remove
    reading: Reading
    limits: FileLimits
    parts: Callable[[Document], list[Document]] = lambda document: [document]
    leftovers: Leftovers | None = None
    groups: Sequence[str] = ()
    pause: Callable[[int, float], float] = BACKOFF.pause


class InStep:
    """One call's part of a run; it changes `run` and `known`, which come from the calls before.

    `goes_on` returns whether there is time for another item; `tell` is called after each settled item.
    """

    def __init__(
        self,
        source: ItemSource,
        known: dict[str, Known],
        run: Run,
        into: Into,
        *,
        most_removed: int,
        goes_on: Callable[[], bool] = lambda: True,
        tell: Callable[[], object] = lambda: None,
    ) -> None:
        self._source, self._known, self._run, self._into = source, known, run, into
        self._most_removed, self._goes_on, self._tell = most_removed, goes_on, tell
        self._under_way = UnderWay(known, run, tell)
        self._is_cut = False

    def go_on(self) -> bool:
        """Work until the run or the time is over; returns whether the run is over.

        Raises Unlisted, and Stopped when nothing can be loaded or removed; what is settled until then is in `known`.
        """
        report = Report()
        try:
            if self._run.dry:
                for _ in self._entries():
                    pass
            else:
                load(
                    self._entries(),
                    self._into.connect,
                    parts=self._into.parts,
                    report=report,
                    dead_letters=self._under_way.refuse,
                    confirmed=self._under_way.confirm,
                    leftovers=self._into.leftovers,
                    pause=self._into.pause,
                )
        finally:
            self._run.passages += report.arrived
            self._run.mask(report.masked, report.masked_in)
        if self._is_cut:
            return False
        self._run.left_out = dict(self._source.left_out)
        remove_vanished(
            self._run, self._known, self._into.vanished, self._most_removed, is_complete=self._source.is_complete
        )
        return True

    def _entries(self) -> Iterator[Entry]:
        """The entries of all items that have changed."""
        for item in self._source.items(self._known, self._run.id):
            known = self._known.get(item.name)
            if known and known.seen == self._run.id:
                continue
            for name in item.links:
                self._known.setdefault(name, Known(depth=item.depth + 1))
            if item.trouble:
                self._run.keep(item.name, item.trouble)
                self._seen(item, known)
            elif not item.is_a_document:
                # A page that has become a redirect no longer has a document.
                lost = gone(known or Known(), ())
                self._known[item.name] = Known(mark=item.mark, seen=self._run.id, depth=item.depth, gone=lost)
            elif item.content is None or (known and item.mark and item.mark == known.mark):
                self._unchanged(item, known)
            else:
                yield from self._compared(item, item.content, known or Known())
            self._tell()
            if not self._goes_on():
                self._is_cut = True
                return

    def _seen(self, item: ListedItem, known: Known | None) -> None:
        if known:
            known.seen, known.depth = self._run.id, item.depth
        elif item.trouble:
            # The item is new; the next run asks for it again.
            self._known[item.name] = Known(seen=self._run.id, depth=item.depth)

    def _keep(self, item: ListedItem, trouble: str) -> None:
        """Leave the item as it was after the last run."""
        self._run.keep(item.name, trouble)
        self._seen(replace(item, trouble=trouble), self._known.get(item.name))

    def _unchanged(self, item: ListedItem, known: Known | None) -> None:
        assert known  # noqa: S101 - for the type checker: a source says so only of what is known
        known.seen, known.depth, known.mark = self._run.id, item.depth, item.mark or known.mark
        self._run.unchanged += 1
        self._run.listed += 1
        if known.refused:
            self._run.refuse(item.name, known.refused)

    def _compared(self, item: ListedItem, content: Content, known: Known) -> Iterator[Entry]:
        with tempfile.TemporaryFile() as file:
            try:
                digest = _laid_down(content, file)
            except Unreached as why:
                self._keep(item, str(why))
                return
            if digest == known.digest:
                self._unchanged(item, known)
                return
            entries = self._read(item, content, file)
            try:
                first = next(entries, None)
                second = next(entries, None) if first else None
            except Unrecognized as why:
                self._keep(item, str(why))
                return
            said = _said(first) if isinstance(first, Document) and second is None else ""
            if said and said == known.said and not known.refused:
                # The bytes differ, for example by a time of day in the page, but the document does not.
                known.digest = digest
                self._unchanged(item, known)
                return
            opened = OpenItem(item, known, digest, said)
            self._under_way.begin(opened)
            for entry in (read for read in (first, second) if read):
                yield self._under_way.take(opened, entry)
            try:
                for entry in entries:
                    yield self._under_way.take(opened, entry)
            except Unrecognized as why:
                # The next run reads the whole item again; until then, nothing of it is removed.
                opened.refusals.append(str(why))
                opened.later = True
                opened.documents += known.documents
            self._under_way.end(opened)

    def _read(self, item: ListedItem, content: Content, file: IO[bytes]) -> Iterator[Entry]:
        whole, id = named(content.name), named(item.name)
        for entry in read(cast(BinaryIO, file), content.name, self._into.reading, limits=self._into.limits):
            if isinstance(entry, Unreadable):
                yield replace(entry, where=entry.where.replace(content.name, item.name, 1))
                continue
            own = replace(entry, id=id, of=id, where=item.name) if entry.id == whole else entry
            ours = with_source(own.source, self._run.source)
            yield replace(own, source=with_access(ours, self._into.groups))


def _laid_down(content: Content, file: IO[bytes]) -> str:
    """Copy the bytes into the file; returns a digest of the format and the bytes."""
    digest = hashlib.sha256(content.name.rpartition(".")[2].encode() + b"\0")
    with content.open() as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    file.seek(0)
    return digest.hexdigest()


def _said(document: Document) -> str:
    """A digest of all that is stored of a document."""
    stored = json.dumps([document.id, document.source, list(document.places)], sort_keys=True, default=str)
    return hashlib.sha256(stored.encode(errors="surrogatepass")).hexdigest()
