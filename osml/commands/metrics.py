"""The command `osml metrics`."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from osml.commands.options import Env, Sandbox, span
from osml.place import place
from osml.table import put

if TYPE_CHECKING:
    from osml.metrics.metrics import Figure

PANEL = "Operations"


def metrics(
    env: Env = None,
    sandbox: Sandbox = False,
    since: Annotated[
        timedelta, typer.Option("--since", parser=span, metavar="1h", help="How far back: s, m, h or d.")
    ] = "1h",  # type: ignore[assignment]  # typer parses the default
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Show the figures of the environment's dashboard in CloudWatch, and its failures by cause."""
    from rich.console import Console
    from rich.table import Table

    from osml.metrics.causes import causes
    from osml.metrics.metrics import read
    from osml.terminal import as_json, shown

    where = place(env, sandbox)
    graphs, failures = read(where, since), causes(where, since)
    if json:
        counted = [{"source": source, "cause": cause, "count": count} for (source, cause), count in failures.items()]
        print(as_json({"graphs": [asdict(graph) for graph in graphs], "failures": counted}))
        return
    table = Table(box=None, pad_edge=False)
    for column, side in (("", "left"), ("metric", "left"), ("of all", "right"), ("last 5 min", "right")):
        table.add_column(column, justify="right" if side == "right" else "left")
    for graph in graphs:
        for at, figure in enumerate(graph.figures):
            title = graph.title if at == 0 else ""
            table.add_row(shown(title), _named(figure), _number(figure.value), _number(figure.last))
    for (source, cause), count in failures.most_common():
        table.add_row("Failures by cause", shown(f"{source}: {cause}"), f"{count:,}", "")
    put(Console(), table)


def _named(figure: "Figure") -> str:
    return f"{figure.name} ({figure.statistic})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
