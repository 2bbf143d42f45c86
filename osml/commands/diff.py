"""The command `osml diff`."""

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.ending import ending
from osml.exit_code import FAILED, MISUSED
from osml.place import place, require_checkout
from osml.terminal import shown

PANEL = "Deploy"


def diff(env: Env = None, sandbox: Sandbox = False) -> None:
    """Show what a deploy would change: templates, lost data, costs, and objects that somebody changed manually.

    The costs are those of `osml cost`, for the deployed stacks and after a deploy.

    The exit code is 0 when nothing differs, 1 when something does, and 2 when the comparison is impossible.
    """
    from osml.deploy import drift
    from osml.deploy.deployment import Deployment
    from osml.failure import Failure

    with ending(MISUSED):
        require_checkout()
        where = place(env, sandbox)
        deployment = Deployment(where, [])
        losses = [f"{loss}." for loss in deployment.losses()]
        stacks = deployment.differences()
        cost = deployment.cost()
        by_hand: list[str] = []
        try:
            by_hand = drift.drifted(where)
        except Failure as failure:
            _print(f"The objects in the engine were not compared with their stacks: {shown(str(failure))}")
    for sentence in (*losses, *by_hand):
        _print(f"[yellow]![/] {shown(sentence)}")
    _print(shown(str(cost)))
    if by_hand:
        _print(
            f"`osml deploy {where.options} --repair` restores manually changed objects; without --repair they "
            f"stay changed."
        )
    if not (stacks or losses or by_hand):
        _print("A deploy would change nothing.")
        return
    raise typer.Exit(FAILED)


def _print(text: str) -> None:
    Console(stderr=True).print(text, highlight=False, soft_wrap=True)
