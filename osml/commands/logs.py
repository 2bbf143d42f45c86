"""The command `osml logs`."""

import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox, span
from osml.place import place

PANEL = "Operations"

SECONDS_BETWEEN_LOOKS = 2.0


def logs(
    env: Env = None,
    sandbox: Sandbox = False,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="One log, such as ask or keeper; repeat for more.")
    ] = None,
    since: Annotated[
        timedelta, typer.Option("--since", parser=span, metavar="15m", help="How far back: s, m, h or d.")
    ] = "15m",  # type: ignore[assignment]  # typer parses the default
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new lines until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each line as a JSON object.")] = False,
) -> None:
    """Print the logs of an environment's functions, API and domain, ordered by time."""
    import boto3

    from osml.failure import Failure
    from osml.remote.logs import LogLine, Logs, sources
    from osml.remote.stack_state import stack_states
    from osml.terminal import as_json, shown

    where = place(env, sandbox)
    session = boto3.Session()
    groups = sources(stack_states(session, where))
    if not groups:
        raise Failure(f"{where.env} has no logs yet. Run `osml deploy {where.options}` first.", "not-deployed")
    if unknown := sorted(set(source or ()) - set(groups)):
        raise typer.BadParameter(f"{unknown[0]} is not a log of {where.env}; choose from {', '.join(sorted(groups))}.")
    console = Console()

    def put(line: LogLine) -> None:
        if json:
            print(as_json(asdict(line) | {"when": line.when.isoformat(timespec="milliseconds")}), flush=True)
            return
        when = line.when.astimezone().strftime("%H:%M:%S")
        console.print(f"[dim]{when}[/] [cyan]{line.source}[/] {shown(line.text)}", highlight=False, soft_wrap=True)

    reader = Logs(session.client("logs"), {name: groups[name] for name in source or groups}, datetime.now(UTC) - since)
    lines = reader.next()
    for line in lines:
        put(line)
    if not (lines or follow):
        Console(stderr=True).print("No log line was written in this period.", soft_wrap=True)
    while follow:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        for line in reader.next():
            put(line)
