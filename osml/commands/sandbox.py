"""The commands `osml sandbox …`: the local cloud on this machine."""

import json as json_format
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from osml import local_cloud
from osml.commands.options import Env
from osml.exit_code import FAILED
from osml.place import Place, place
from osml.table import put

PANEL = "Set up"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def installed() -> None:
    """Run the local cloud: a real OpenSearch with an emulated AWS."""
    local_cloud.require()


@app.command("up")
def up(
    env: Env = None,
    discard: Annotated[bool, typer.Option("--discard", help="First stop the local cloud and delete its data.")] = False,
) -> None:
    """Start the local cloud, or reuse the running one. Its OpenSearch is the line nearest to the environment's."""
    from sandbox import launcher
    from sandbox.instance import Instance
    from sandbox.progress import ConsoleProgress

    version = _engine_version(Place(env, None)) if env else None
    launcher.up(Instance.named(), ConsoleProgress(), version, discard=discard)


def other_line(where: Place) -> str | None:
    """A sentence when the environment needs another OpenSearch line than the local cloud runs; None otherwise."""
    wanted = _engine_version(where)
    if where.instance is None or wanted is None:
        return None
    from sandbox.engine.line import nearest

    if nearest(wanted).version == where.instance.engine.version:
        return None
    return (
        f"The local cloud runs OpenSearch {where.instance.engine.version}, but the environment {where.env} has "
        f"{wanted}. To use the nearest line, run `osml sandbox down`, then `osml sandbox up --env {where.env}`."
    )


def _engine_version(where: Place) -> str | None:
    """The environment's engine version; None for a collection."""
    from settings.search import Cluster

    search = where.settings().search
    return search.engine_version if isinstance(search, Cluster) else None


@app.command("restart")
def restart() -> None:
    """Restart the search engine with its data, even after a crash. AWS and deployed stacks are not affected."""
    from sandbox import launcher
    from sandbox.instance import Instance
    from sandbox.progress import ConsoleProgress

    launcher.restart_engine(Instance.named(), ConsoleProgress())


@app.command("upgrade")
def upgrade(
    env: Env = None,
    to: Annotated[str | None, typer.Option(help="The version to upgrade to, such as 3.6.")] = None,
    ask: Annotated[
        str | None,
        typer.Option(help="A question to ask before and after.", show_default="the beginning of a document"),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Labelled questions to evaluate before and after.",
            show_default="samples/evaluation, if its documents are loaded",
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Go back to the engine and data from before the upgrade.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Rehearse an upgrade: start a later OpenSearch on the same data and list the differences. Fails if any is bad."""
    from osml.failure import Failure
    from sandbox import upgrade as engine_upgrade
    from sandbox.instance import Instance
    from sandbox.progress import ConsoleProgress

    progress = ConsoleProgress()
    if undo == (to is not None):
        raise Failure("osml sandbox upgrade needs either --to VERSION or --undo.")
    if undo:
        engine_upgrade.undo(Instance.named(), progress)
        return
    from osml.rehearsal import upgrade as rehearsing
    from osml.rehearsal import upgrade_view

    assert to  # noqa: S101 - for the type checker
    findings = rehearsing.rehearse(place(env, sandbox=True), to, ask, questions, progress)
    if json:
        upgrade_view.print_json(findings)
    else:
        upgrade_view.show(findings)
    if findings.is_worse:
        raise typer.Exit(FAILED)


@app.command("down")
def down() -> None:
    """Stop the local cloud and delete its data; no process is left."""
    from sandbox import launcher
    from sandbox.instance import Instance

    instance = Instance.named()
    launcher.down(instance)
    Console(stderr=True).print("The local cloud is down.", soft_wrap=True)


@app.command("status")
def show(json: Annotated[bool, typer.Option("--json", help="Print the status as JSON.")] = False) -> None:
    """Show what runs, its addresses, and variables for other clients."""
    from sandbox import status
    from sandbox.instance import Instance

    state = status.describe(Instance.named())
    if json:
        print(json_format.dumps(state, indent=2))
        return
    console = Console()
    if not state["running"]:
        console.print(state["reason"], highlight=False, soft_wrap=True)
        return
    engine = state["engine"]
    distance = f", {engine['distance']}" if engine["distance"] else ""
    console.print(f"OpenSearch {engine['version']}{distance}", highlight=False, soft_wrap=True)
    table = Table("", "address", box=None, header_style="bold")
    for name, address in state["addresses"].items():
        table.add_row(name, "\n".join(address) if isinstance(address, list) else address)
    put(console, table)
    console.print("\nFor other clients:", soft_wrap=True)
    for name, value in state["environment"].items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"\nKey of {', '.join(state['model_hosts'])} on this machine: {state['deepseek_key_file']}")
