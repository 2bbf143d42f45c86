"""The command `osml usage`."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from osml.commands.options import Env, Sandbox
from osml.place import place
from osml.table import put
from osml.terminal import as_json, shown

PANEL = "People"


def usage(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the callers as JSON.")] = False,
) -> None:
    """Show each caller's use of assistant.quota: questions of today, tokens of this month."""
    from osml.deploy.usage import quota_of, usage

    where = place(env, sandbox)
    quota, callers = quota_of(where), usage(where)
    if json:
        print(as_json({"quota": quota.model_dump(), "callers": [asdict(caller) for caller in callers]}))
        return
    if not callers:
        Console(stderr=True).print("Nobody has asked this month.", highlight=False, soft_wrap=True)
        return
    table = Table("caller", box=None, header_style="bold")
    table.add_column(_head("questions today", quota.questions_per_day), justify="right")
    table.add_column(_head("tokens this month", quota.tokens_per_month), justify="right")
    for caller in callers:
        table.add_row(shown(caller.caller), f"{caller.questions:,}", f"{caller.tokens:,}")
    put(Console(), table)


def _head(what: str, most: int | None) -> str:
    return what if most is None else f"{what} (of {most:,})"
