"""The command `osml cost`."""

from typing import Annotated

import typer

from osml.commands.options import Env, Sandbox

PANEL = "Set up"


def cost(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the amounts as JSON.")] = False,
) -> None:
    """Show what an idle environment costs a month, from its file. Requests and tokens are additional.

    The amounts are USD in us-east-1. The command makes no call to AWS.
    """
    from osml.place import unreached
    from osml.terminal import as_json
    from settings import prices

    settings = unreached(env, sandbox).settings()
    idle, unknown = prices.idle(settings), prices.unknown(settings)
    if json:
        print(as_json({"usd_per_month": {part: round(usd, 2) for part, usd in idle.items()}, "unknown": unknown}))
        return
    for part, usd in idle.items():
        print(f"{part:<12}{usd:>10,.2f}")
    print(f"{'all':<12}{sum(idle.values()):>10,.2f}  USD a month, while idle")
    if settings.budget:
        print(f"{'budget':<12}{settings.budget.usd_per_month:>10,.2f}  USD a month")
    if unknown:
        print(f"Not included: {', '.join(unknown)}, for which osml has no price. See docs/costs.md.")
