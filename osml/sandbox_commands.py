"""The commands `osml sandbox …`: the local cloud on this machine."""

import json as json_format
import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="The local cloud: a real OpenSearch with emulated AWS around it.", no_args_is_help=True)


@app.command("up")
def up() -> None:
    """Start the local cloud, or reuse the one that runs."""
    from sandbox import launcher
    from sandbox.instance import Instance

    launcher.up(Instance.named(), _progress())


@app.command("restart")
def restart() -> None:
    """Start the engine again with the data it has, whether it runs or has died; AWS and the models go on."""
    from sandbox import launcher
    from sandbox.instance import Instance

    launcher.restart_engine(Instance.named(), _progress())


@app.command("down")
def down() -> None:
    """End the local cloud with everything in it; no process is left."""
    from sandbox import launcher
    from sandbox.instance import Instance

    instance = Instance.named()
    launcher.down(instance)
    Console(stderr=True).print("The local cloud is down.")


@app.command("status")
def show(json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Say what runs, where, and how other clients reach it."""
    from sandbox import status
    from sandbox.instance import Instance

    found = status.describe(Instance.named())
    if json:
        print(json_format.dumps(found, indent=2))
        return
    console = Console()
    if not found["running"]:
        console.print("The local cloud is not running: start it with `osml sandbox up`.")
        return
    table = Table("", "address", box=None, header_style="bold")
    for name, address in found["addresses"].items():
        table.add_row(name, str(address))
    console.print(table)
    console.print("\nFor other clients:")
    for name, value in found["environment"].items():
        print(f"export {name}={value}")


def _progress() -> Callable[[str], None]:
    """Prints lines with the seconds since now before them."""
    console = Console(stderr=True)
    began = time.monotonic()
    return lambda line: console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {line}", highlight=False)
