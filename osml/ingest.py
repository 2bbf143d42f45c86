"""Loads files with a progress bar and says what became of each document."""

from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from osml import documents
from osml.domain import Domain
from osml.place import Place
from osml.stack import knowledge

SHOWN_ERRORS = 20


def ingest_files(where: Place, files: list[Path]) -> bool:
    """Loads NDJSON files into the environment's index; True when every document arrived."""
    console = Console(stderr=True)
    found = knowledge(where)
    domain, report = Domain(found), documents.Report()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        for file in files:
            task = progress.add_task(file.name, total=file.stat().st_size)
            read = documents.read(file, found.text_field, report)
            documents.load(domain, found.index, read, report, partial(progress.advance, task))
            progress.update(task, completed=file.stat().st_size)
    console.print(
        f"{report.created} created, {report.updated} updated, {len(report.errors)} failed in the index {found.index}."
    )
    for sentence in report.errors[:SHOWN_ERRORS]:
        console.print(f"  [red]✗[/] {sentence}", highlight=False, markup=True, soft_wrap=True)
    if len(report.errors) > SHOWN_ERRORS:
        console.print(f"  … and {len(report.errors) - SHOWN_ERRORS} more.")
    return not report.errors
