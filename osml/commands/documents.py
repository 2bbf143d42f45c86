"""The commands `osml documents …`: what is in the index."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.count_of import count_of
from osml.commands.options import As, Env, Sandbox, groups_of
from osml.exit_code import FAILED
from osml.place import place
from osml.table import put
from osml.terminal import as_json, shown

PANEL = "Documents and questions"

app = typer.Typer(help="List, show and remove the documents in the index.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The document's id, as `osml documents list` shows it.")]
Search = Annotated[
    str | None, typer.Option(help="Only documents whose id contains this text, or whose title contains these words.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


class Sorting(StrEnum):
    """The order of a list."""

    ID = "id"
    NEWEST = "newest"
    OLDEST = "oldest"


@app.command("list")
def part(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Json = False,
    search: Search = None,
    groups: Annotated[
        bool, typer.Option("--groups", help="Also show who sees each document, and who loaded it.")
    ] = False,
    as_: As = None,
    sort: Annotated[Sorting, typer.Option(help="Sort by id, or by the time of the last load.")] = Sorting.ID,
) -> None:
    """List the documents, with titles, numbers of passages, and when they were loaded."""
    from osml.documents.library import all_of, by_time, library

    documents = list(all_of(library(place(env, sandbox).seen_by(groups_of(as_))), search))
    if sort is not Sorting.ID:
        documents = by_time(documents, newest=sort is Sorting.NEWEST)
    if json:
        print(as_json({"documents": [document.model_dump(mode="json") for document in documents]}))
        return
    console = Console()
    more = ["groups", "loaded by"] if groups else []
    table = Table("document", "title", "passages", "loaded", *more, box=None, header_style="bold")
    table.columns[2].justify = "right"
    for document in documents:
        readers = shown(", ".join(document.groups)) or "everybody signed in"
        access = [readers, shown(document.loader or "")] if groups else []
        loaded = f"{document.loaded.astimezone():%Y-%m-%d %H:%M}" if document.loaded else ""
        table.add_row(shown(document.id), shown(document.title or ""), f"{document.passages:,}", loaded, *access)
    if documents:
        put(console, table)
    console.print(f"{count_of(len(documents), 'document')}.", highlight=False, soft_wrap=True)


@app.command("show")
def show(id: Id, env: Env = None, sandbox: Sandbox = False, json: Json = False, as_: As = None) -> None:
    """Print all passages of a document."""
    from osml.documents.library import library

    document = library(place(env, sandbox).seen_by(groups_of(as_))).shown(id)
    if json:
        print(as_json(document.model_dump()))
        return
    console = Console()
    console.print(f"[bold]{shown(document.title or document.id)}[/]", highlight=False, soft_wrap=True)
    for passage in document.passages:
        console.print(f"\n[dim]{shown(passage.id)}[/]", highlight=False, soft_wrap=True)
        console.print(shown(passage.text), highlight=False, soft_wrap=True)


@app.command("remove")
def remove(
    ids: Annotated[list[str], typer.Argument(help="Ids of documents, as `osml documents list` shows them.")],
    env: Env = None,
    sandbox: Sandbox = False,
    json: Json = False,
) -> None:
    """Remove documents with all their passages; a failure does not stop the others."""
    from osml.documents.library import library
    from osml.failure import Failure

    documents, failed = library(place(env, sandbox)), False
    console, results = Console(stderr=json), []
    for id in ids:
        try:
            removed = documents.removed(id)
        except Failure as failure:
            failed = True
            results.append({"id": id, "passages": 0, "error": str(failure), "cause": failure.cause})
            console.print(f"[red]✗[/] {shown(str(failure))}", highlight=False, soft_wrap=True)
            continue
        results.append(removed.model_dump())
        console.print(
            f"{shown(id)} is removed, {count_of(removed.passages, 'passage')}.", highlight=False, soft_wrap=True
        )
    if json:
        print(as_json({"documents": results}))
    if failed:
        raise typer.Exit(FAILED)
