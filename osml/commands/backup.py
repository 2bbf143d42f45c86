"""The command `osml backup`."""

from typing import Annotated

import typer

from osml.commands.options import Env, Sandbox
from osml.place import place
from osml.terminal import as_json

PANEL = "Operations"


def backup(
    env: Env = None,
    sandbox: Sandbox = False,
    list_: Annotated[bool, typer.Option("--list", help="List the existing backups; take no new one.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the backups as JSON.")] = False,
) -> None:
    """Back up a domain's documents, conversations and feedback now, in addition to the schedule (`backup:`)."""
    from osml.backup import backup as snapshots

    where = place(env, sandbox)
    backups = snapshots.listed(where) if list_ else [snapshots.take(where, lambda text: typer.echo(text, err=True))]
    if json:
        print(as_json({"backups": backups}))
        return
    for snapshot in backups:
        print(f"{snapshot['name']}  {snapshot['state']}  {snapshot['began']}  {', '.join(snapshot['indexes'])}")
    if not backups:
        print(f"{where.env} has no backup yet.")
