"""The command `osml preflight`."""

from typing import Annotated

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.ending import ending
from osml.exit_code import FAILED, MISUSED
from osml.place import place, require_checkout
from osml.terminal import shown

PANEL = "Set up"


def preflight(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check before a deploy what AWS would refuse or delay, and show the fixes.

    The exit code is 0 when nothing stops a deploy, even if there are notes or unchecked items; 1 when a deploy would
    fail; and 2 when nothing can be checked, for example without credentials. Nothing is created or changed.
    """
    from osml.deploy.destination import destination
    from osml.doctor import finding
    from osml.preflight.context import PreflightContext
    from osml.preflight.preflight import findings

    with ending(MISUSED):
        require_checkout()
        where = place(env, sandbox)
        there = destination(where)
    if not json:
        Console(stderr=True).print(f"Checking {where.env} in {shown(str(there))} …", highlight=False, soft_wrap=True)
    if not finding.show(where, findings(PreflightContext(where)), as_json=json):
        raise typer.Exit(FAILED)
