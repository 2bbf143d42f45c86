"""The command `osml trace`."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox, span
from osml.place import place

PANEL = "Operations"


def trace(
    id: Annotated[
        str | None,
        typer.Argument(
            help="The trace's id, from X-Amzn-Trace-Id or from xray_trace_id in a log; by default the newest trace."
        ),
    ] = None,
    env: Env = None,
    sandbox: Sandbox = False,
    since: Annotated[
        timedelta, typer.Option("--since", parser=span, metavar="15m", help="The maximum age of the newest trace.")
    ] = "15m",  # type: ignore[assignment]  # typer parses the default
    otlp: Annotated[bool, typer.Option("--otlp", help="Print OpenTelemetry's JSON, for POST /v1/traces.")] = False,
) -> None:
    """Show the steps of an API call with their times: search, models, conversations."""
    import boto3

    from osml.failure import Failure
    from osml.remote import otlp as protocol
    from osml.remote.traces import newest, read, trace_id
    from osml.terminal import as_json, shown
    from settings.environment import prefix_of

    where, wanted = place(env, sandbox), trace_id(id) if id else None
    if id and wanted is None:
        raise typer.BadParameter(f"{id} is not a trace id; a trace id looks like 1-5759e988-bd862e3fe1be46a994272793.")
    client = boto3.Session().client("xray")
    wanted = wanted or newest(client, since)
    call = read(client, wanted) if wanted else None
    if call is None:
        raise Failure(
            f"X-Ray has no trace {wanted or f'of the last {since}'}. X-Ray samples calls, and keeps them 30 days."
        )
    if otlp:
        print(as_json(protocol.otlp(call, prefix_of(where.env))))
        return
    console, begin = Console(), call.spans[0].began
    console.print(call.id, highlight=False)
    for depth, part in call.tree:
        name = shown(part.name.removeprefix("## "))
        times = f"{(part.ended - part.began) * 1000:8.0f} ms, after {(part.began - begin) * 1000:.0f} ms"
        console.print(
            f"{'  ' * (depth + 1)}{name:<{40 - 2 * depth}}{times}{'  failed' if part.fault else ''}", soft_wrap=True
        )
