"""The command `osml ingest`."""

from pathlib import Path
from typing import Annotated

import typer

from osml.commands.options import Env, Sandbox, groups_of
from osml.exit_code import FAILED
from osml.place import place, unreached

PANEL = "Documents and questions"


def ingest(
    sources: Annotated[list[str], typer.Argument(help="Files, folders or s3://bucket/prefix.", show_default=False)],
    env: Env = None,
    sandbox: Sandbox = False,
    text_field: Annotated[
        str | None,
        typer.Option(
            "--text-field",
            help="Field or column that holds the text.",
            show_default="the environment's index.text_field",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Columns whose values form the text, separated by commas. Each row becomes a document."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count documents, chunks and tokens; load nothing.")
    ] = False,
    price: Annotated[
        float | None, typer.Option(help="For --dry-run: the embedding model's price in USD per million tokens.")
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(help="Only members of these groups see the documents, separated by commas; '' means everybody."),
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option(help="File for documents that could not be loaded.", show_default="rejected-<time>.ndjson"),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over instead of resuming an interrupted ingest.")
    ] = False,
    initial_load: Annotated[
        bool,
        typer.Option("--initial-load", help="Fill an empty index with replicas and refresh off; both are restored."),
    ] = False,
) -> None:
    """Load documents (Office, PDF, HTML, Markdown, CSV, JSON, mail and more), and report on each of them."""
    from osml.failure import Failure
    from osml.ingest import estimate
    from osml.ingest.ingest import ingest_files
    from osml.ingest.options import IngestOptions
    from osml.ingest.sources import S3

    # A dry run reads the environment's file and these sources.
    is_local = dry_run and not any(source.startswith(S3) for source in sources)
    where = (unreached if is_local else place)(env, sandbox)
    if text_field and columns:
        raise Failure("--text-field and --columns are both set, but only one can name the text; leave one out.")
    names = [name.strip() for name in columns.split(",") if name.strip()] if columns else []
    options = IngestOptions(text_field, names, groups_of(groups))
    if dry_run:
        arrived = estimate.show(where, sources, price, options)
    else:
        arrived = ingest_files(where, sources, rejected, fresh, initial_load, options)
    if not arrived:
        raise typer.Exit(FAILED)
