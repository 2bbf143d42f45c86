"""The command `osml review`."""

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.exit_code import FAILED
from osml.place import place

PANEL = "Deploy"


def review(env: Env = None, sandbox: Sandbox = False) -> None:
    """List the data that a deploy would remove or replace, without a deploy.

    The exit code is 1 if there is any, unless the environment's file says that exactly this was reviewed.
    """
    from osml.deploy.deployment import Deployment
    from osml.deploy.loss import mark_of

    where = place(env, sandbox)
    losses = Deployment(where, []).losses()
    for loss in losses:
        _print(f"{loss}.")
    if not losses:
        _print("A deploy removes and replaces no data.")
    elif where.settings().reviewed == mark_of(losses):
        _print(f"{where.file} says that this was reviewed.")
    else:
        _print(f"To let a delivery do this, and no more than this, set `reviewed: {mark_of(losses)}` in {where.file}.")
        raise typer.Exit(FAILED)


def _print(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True, markup=False)
