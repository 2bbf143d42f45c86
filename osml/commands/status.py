"""The command `osml status`."""

from typing import Annotated

import typer

from osml.commands.options import Env, Sandbox
from osml.exit_code import FAILED
from osml.place import place

PANEL = "Operations"


def status(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the state as JSON.")] = False,
) -> None:
    """Show every object, its owner and its state. Fails when an object is not healthy."""
    from osml.status import status as objects
    from osml.status import status_view

    seen = objects.look(place(env, sandbox))
    if json:
        status_view.print_json(seen)
    else:
        status_view.show(seen)
    if not seen.is_healthy:
        raise typer.Exit(FAILED)
