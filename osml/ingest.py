"""Loads files with a progress bar and says what became of each document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from osml import documents, storing
from osml.documents import Document, Report
from osml.domain import Domain
from osml.functions import Functions
from osml.place import Place
from osml.stack import knowledge, passages

SHOWN_ERRORS = 20


def ingest_files(where: Place, files: list[Path]) -> bool:
    """Loads NDJSON files into the environment's index; True when every document arrived.

    What was loaded before a Failure is accounted for all the same.
    """
    console, report = Console(stderr=True), Report()
    to = _assistant(where) if where.settings().recipe == "serverless" else _domain(where)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as progress:
            for file in files:
                task = progress.add_task(file.name, total=file.stat().st_size)
                to.load(documents.read(file, to.text_field, report), report, partial(progress.advance, task))
                progress.update(task, completed=file.stat().st_size)
    finally:
        _show(console, report, to.index)
    return not report.errors


@dataclass(frozen=True)
class _Destination:
    """Where documents go, and how."""

    index: str
    text_field: str
    load: Callable[[Iterator[Document], Report, Callable[[int], None]], None]


def _domain(where: Place) -> _Destination:
    found = knowledge(where)
    return _Destination(found.index, found.text_field, partial(documents.load, Domain(found), found.index))


def _assistant(where: Place) -> _Destination:
    found, settings = passages(where), where.settings().assistant
    assert settings  # noqa: S101 - for the type checker: the recipe serverless always has one
    load = partial(storing.load, Functions(where), found.text_field, settings.body_limit)
    return _Destination(found.index, found.text_field, load)


def _show(console: Console, report: Report, index: str) -> None:
    console.print(f"{report.summary} in the index {index}.")
    if report.unkept:
        console.print(f"Not kept: the fields {', '.join(sorted(report.unkept))}.", highlight=False, markup=False)
    for sentence in report.errors[:SHOWN_ERRORS]:
        console.print(f"  [red]✗[/] {escape(sentence)}", highlight=False, soft_wrap=True)
    if len(report.errors) > SHOWN_ERRORS:
        console.print(f"  … and {len(report.errors) - SHOWN_ERRORS} more.")
