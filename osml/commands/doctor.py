"""The command `osml doctor`."""

from typing import Annotated

import typer

from osml.commands.options import Env, Sandbox
from osml.exit_code import FAILED
from osml.place import place

PANEL = "Operations"


def doctor(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check everything from credentials to a question, and explain the first problem and its fix."""
    from osml.doctor import doctor as examination

    if not examination.show(place(env, sandbox), as_json=json):
        raise typer.Exit(FAILED)
