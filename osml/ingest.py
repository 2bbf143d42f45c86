"""`osml ingest`: loads files with a progress bar, and says what became of each document."""

import datetime
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from corpus.destination import Destination, Stopped
from corpus.document import Document
from corpus.load import load
from corpus.pieces import parts
from corpus.report import Report
from osml import documents
from osml.domain import Domain
from osml.failure import Failure
from osml.functions import Functions
from osml.initial_load import InitialLoad
from osml.journal import Journal, journal
from osml.leftovers import Leftovers
from osml.loading import Loading
from osml.place import Place
from osml.rejected import Rejected
from osml.sources import Sources
from osml.stack import knowledge, passages
from osml.storing import Storing

SHOWN_ERRORS = 20
# Seconds.
REDRAWN = 0.1
# Without an assistant, whose setting it is otherwise.
PASSAGE_CHARACTERS = 1000


def ingest_files(
    where: Place,
    files: Sequence[str | Path],
    rejected: Path | None = None,
    fresh: bool = False,
    initial_load: bool = False,
) -> bool:
    """Loads files, folders and `s3://bucket/prefix`; True when every document arrived.

    Goes on behind what an ingest of the same that was cut off had settled, unless `fresh`. What did not arrive is in
    the file `rejected`, by default one of this folder that has the time in its name. What was loaded before a Failure
    is accounted for all the same. With `initial_load` an index that holds nothing has no copies and no refreshes until
    the end.
    """
    console, sources = Console(stderr=True), Sources([str(file) for file in files])
    to = _assistant(where) if where.settings().recipe == "serverless" else _domain(where)
    noted = journal(where.env, to.index, sources.names)
    if fresh:
        noted.forget()
    held = _held(to, noted)
    # Fewer than were made in it: the environment was removed and deployed anew meanwhile.
    if noted.continues and held is not None and held < noted.report.created - noted.report.removed:
        console.print(f"The index {to.index} lacks documents of an ingest that was cut off: beginning anew.")
        noted.forget()
    if noted.continues:
        console.print(
            f"Going on behind {noted.report.read} documents of an ingest that was cut off (--fresh begins anew)."
        )
    noted.rejected = str(rejected or noted.rejected or _rejected_now())
    file = Path(noted.rejected)
    # Behind what a file that was named holds already, and in the place of what was written in vain.
    letters = Rejected(file, noted.size if noted.continues or not file.exists() else file.stat().st_size)
    report = noted.report
    try:
        with (
            to.quiet(noted.continues) if initial_load else nullcontext(),
            _progress(console, sources, report) as advance,
        ):
            loading = Loading(sources, to.text_field, noted, letters, advance)
            load(
                loading.entries(),
                to.connect,
                parts=partial(to.parts, report),
                report=report,
                letters=loading.letter,
                confirmed=loading.confirmed,
                # An index that was empty holds nothing of an earlier load.
                leftovers=to.leftovers.remove if to.leftovers and held and not initial_load else None,
            )
            loading.finish()
        to.finish()
        noted.end()
    except Stopped as stopped:
        raise Failure(f"{stopped} The same command goes on behind what was settled.") from None
    finally:
        letters.close()
        noted.close()
        _show(console, report, to.index, letters)
    return not report.failed


@dataclass(frozen=True)
class _Target:
    """Where documents go, and how."""

    index: str
    text_field: str
    connect: Callable[[], Destination]
    parts: Callable[[Report, Document], Sequence[Document]]
    finish: Callable[[], object]
    quiet: Callable[[bool], AbstractContextManager[None]]
    held: Callable[[], int] | None = None
    leftovers: Leftovers | None = None


def _domain(where: Place) -> _Target:
    found = knowledge(where)
    cut = partial(parts, text_field=found.text_field, most=passage_characters(where))

    initial = InitialLoad(Domain(found), found.index, where.settings().index.replicas)
    return _Target(
        found.index,
        found.text_field,
        lambda: documents.bulk(Domain(found), found.index),
        lambda _, document: cut(document),
        initial.settle,
        lambda continues: initial.quiet(continues=continues),
        initial.held,
        Leftovers(Domain(found), found.index),
    )


def _assistant(where: Place) -> _Target:
    found, settings = passages(where), where.settings().assistant
    assert settings  # noqa: S101 - for the type checker: the recipe serverless always has one
    # Its client is made for threads.
    storing = Storing(Functions(where), found.text_field, settings.body_limit)

    def whole(report: Report, document: Document) -> list[Document]:
        report.unkept |= storing.unkept(document)
        return [document]

    def quiet(_: bool) -> NoReturn:
        raise Failure("--initial-load is for a domain: a collection keeps its own copies, and refreshes as it does.")

    return _Target(found.index, found.text_field, lambda: storing, whole, lambda: None, quiet)


def _held(to: _Target, noted: Journal) -> int | None:
    """How many documents, and parts of them, the index holds; None where nobody can say."""
    try:
        return to.held() if to.held else None
    except Failure:
        noted.close()
        raise


def passage_characters(where: Place) -> int:
    """Characters of a part at most: as the assistant cuts what it is given."""
    assistant = where.settings().assistant
    return assistant.passage_characters if assistant else PASSAGE_CHARACTERS


@contextmanager
def _progress(console: Console, sources: Sources, report: Report) -> Iterator[Callable[[int], None]]:
    """Shows bytes of all sources that are settled, documents a second, and the time that is left."""
    rate = TextColumn("{task.fields[documents]:,} documents, {task.fields[rate]:,.0f}/s")
    columns = (BarColumn(), TaskProgressColumn(), rate, TimeRemainingColumn(elapsed_when_finished=True))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=sum(one.size for one in sources), documents=report.read, rate=0.0)
        before, began, shown = report.read, time.monotonic(), 0.0
        settled = 0

        def advance(more: int) -> None:
            nonlocal settled, shown
            settled, now = settled + more, time.monotonic()
            if now - shown >= REDRAWN:
                shown = now
                rate = (report.read - before) / max(now - began, REDRAWN)
                progress.update(task, completed=settled, documents=report.read, rate=rate)

        yield advance
        progress.update(task, completed=settled, documents=report.read)


def _rejected_now() -> str:
    return f"rejected-{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.ndjson"


def _show(console: Console, report: Report, index: str, letters: Rejected) -> None:
    console.print(f"{report.summary} in the index {index}.")
    if report.unkept:
        console.print(f"Not kept: the fields {', '.join(sorted(report.unkept))}.", highlight=False, markup=False)
    for sentence in report.errors[:SHOWN_ERRORS]:
        console.print(f"  [red]✗[/] {escape(sentence)}", highlight=False, soft_wrap=True)
    if report.failed > SHOWN_ERRORS:
        console.print(f"  … and {report.failed - SHOWN_ERRORS} more.")
    if report.failed and letters.size:
        console.print(f"What did not arrive is in {letters.file}, with the reasons.", highlight=False, markup=False)
