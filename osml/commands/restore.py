"""The command `osml restore`."""

from dataclasses import replace as changed
from typing import Annotated

import typer

from calls.count_of import count_of
from osml import agreement
from osml.commands.options import Env, Sandbox
from osml.place import place
from osml.terminal import as_json

PANEL = "Operations"


def restore(
    into: Annotated[
        str, typer.Option("--into", metavar="ENVIRONMENT", help="The deployed environment that gets the documents.")
    ],
    env: Env = None,
    sandbox: Sandbox = False,
    snapshot: Annotated[
        str | None,
        typer.Option(
            "--snapshot", help="The backup's name; `osml backup --list` shows the names.", show_default="last"
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the documents that the indexes of --into have now.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the restored indexes as JSON.")] = False,
) -> None:
    """Restore a backup of an environment, into another environment (`backup.restores` in its file) or into itself."""
    from osml.backup import backup as snapshots

    where = place(env, sandbox)
    there = changed(where, env=into)
    if replace and not where.instance and not yes:
        agreement.require(f"Replace the documents, conversations and feedback of {into} by a backup?")
    restored = snapshots.restore(where.env, there, snapshot, lambda text: typer.echo(text, err=True), replace=replace)
    if json:
        print(as_json({"snapshot": restored.snapshot, "documents": dict(restored.documents)}))
        return
    for index, count in restored.documents.items():
        print(f"{index}: {count_of(count, 'document')} of {restored.snapshot}")
