"""Shows a status: a table for people, JSON for programs (described in docs/troubleshooting.md)."""

from typing import Any

from rich.console import Console
from rich.table import Table

from osml.remote.stack_state import StackState
from osml.status.inventory import Entry
from osml.status.status import Status
from osml.table import put
from osml.terminal import as_json, shown


def print_json(status: Status) -> None:
    """Print the status as JSON. Later versions add fields and rename none."""
    report = {
        "environment": status.environment,
        "healthy": status.is_healthy,
        "stacks": [_stack(stack) for stack in status.stacks],
        "resources": [_entry(resource) for resource in status.resources],
        "others": [_entry(other) for other in status.others],
        "compared": not status.uncompared,
        "uncompared": list(status.uncompared),
        "trouble": status.trouble,
    }
    print(as_json(report, indent=2))


def show(status: Status) -> None:
    """Print a table of the stacks and one of the objects, with faults in colour."""
    console = Console()
    if not status.stacks:
        console.print(f"The environment {status.environment} is not deployed; it has no stack.", soft_wrap=True)
        return
    stacks = _table("stack", "state", "")
    for stack in status.stacks:
        stacks.add_row(stack.name, _coloured(stack.state, stack.is_healthy), shown(stack.fault or ""))
    put(console, stacks)
    objects = _table("kind", "name or id", "owner", "state", "")
    for row in (*status.resources, *status.others):
        owner = f"{row.owner.stack}/{row.owner.logical_id}" if row.owner else ""
        objects.add_row(row.kind, shown(row.id), owner, _coloured(row.state, row.is_healthy), shown(row.detail))
    put(console, objects)
    if status.uncompared:
        _line(
            console,
            f"Not compared with their stacks, so manual changes are not visible: {', '.join(status.uncompared)}.",
        )
    if status.trouble:
        _line(console, f"[red]✗[/] {shown(status.trouble)}")


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def _coloured(state: str, healthy: bool) -> str:
    return f"[{'green' if healthy else 'red'}]{state}[/]"


def _stack(stack: StackState) -> dict[str, Any]:
    return {"name": stack.name, "state": stack.state, "healthy": stack.is_healthy, "fault": stack.fault}


def _entry(entry: Entry) -> dict[str, Any]:
    owner = {"stack": entry.owner.stack, "logical_id": entry.owner.logical_id} if entry.owner else None
    return {
        "kind": entry.kind,
        "id": entry.id,
        "owner": owner,
        "state": entry.state,
        "healthy": entry.is_healthy,
        "detail": entry.detail,
        "fields": list(entry.fields),
    }
