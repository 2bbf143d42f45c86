"""The command `osml review`."""

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.exit_code import FAILED
from osml.place import place, require_checkout

PANEL = "Deploy"


def review(env: Env = None, sandbox: Sandbox = False) -> None:
    """List the data that a deploy would remove or replace, without deploying.

    The exit code is 1 if there is any, unless the environment file confirms a review of exactly this data.
    """
    from osml.deploy.deployment import Deployment
    from osml.deploy.loss import mark_of

    require_checkout()
    where = place(env, sandbox)
    losses = Deployment(where, []).losses()
    for loss in losses:
        _print(f"{loss}.")
    if not losses:
        _print("A deploy would remove or replace no data.")
    elif where.settings().reviewed == mark_of(losses):
        _print(f"{where.file} confirms that this was reviewed.")
    else:
        _print(f"To allow a delivery to do exactly this, set `reviewed: {mark_of(losses)}` in {where.file}.")
        raise typer.Exit(FAILED)


def _print(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True, markup=False)
