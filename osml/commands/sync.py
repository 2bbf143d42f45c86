"""The command `osml sync`."""

from typing import Annotated

import typer

from osml.commands.options import Env, Sandbox
from osml.exit_code import FAILED
from osml.place import place
from osml.terminal import as_json

PANEL = "Documents and questions"


def sync(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names of sources in the environment file.", show_default="all of them"),
    ] = None,
    env: Env = None,
    sandbox: Sandbox = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; load and remove nothing.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Also remove more missing documents than most_removed allows.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False,
) -> None:
    """Run sources now: load new and changed documents, and remove missing ones."""
    from osml.sync.sync import bring_in_step

    runs = bring_in_step(place(env, sandbox), names or [], dry=dry_run, removing=remove)
    if json:
        print(as_json({"runs": [run.model_dump(mode="json") for run in runs]}))
    if any(run.status != "done" or run.refused for run in runs):
        raise typer.Exit(FAILED)
