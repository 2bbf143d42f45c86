"""The command line `osml`: one command for each module of `osml.commands` with a function or group of the same name."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from functools import wraps
from importlib import metadata
from typing import Annotated, Any

import typer
from rich.console import Console

import osml.library  # noqa: F401 - before what it makes importable
from osml import commands
from osml.exit_code import FAILED
from osml.explained import explained
from osml.terminal import as_json, shown

app = typer.Typer(
    help="Deploy search and generated answers on Amazon OpenSearch, load documents, and ask questions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"osml {metadata.version('osml')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the command."""


def _add(name: str, panel: str | None) -> None:
    """Add the command or group of the module `name`, if it belongs to the panel."""
    module = importlib.import_module(f"osml.commands.{name}")
    if getattr(module, "PANEL", None) != panel:
        return
    if group := getattr(module, "app", None):
        app.add_typer(group, name=name, rich_help_panel=panel)
    elif command := getattr(module, name, None):
        # `import_` and `open_` have an underscore because Python uses these words itself.
        typed, settings = name.rstrip("_").replace("_", "-"), getattr(module, "SETTINGS", None)
        app.command(typed, context_settings=settings, rich_help_panel=panel)(command)


for panel in (*commands.PANELS, None):
    for name in sorted(info.name for info in pkgutil.iter_modules(commands.__path__)):
        _add(name, panel)


def _speaking(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def guarded(*arguments: Any, **options: Any) -> Any:
        try:
            return run(*arguments, **options)
        except Exception as error:
            failure = explained(error)
            if failure is None:
                raise
            Console(stderr=True).print(f"[red]✗[/] {shown(str(failure))}", highlight=False, soft_wrap=True)
            if "--json" in sys.argv:
                print(as_json({"error": str(failure), "cause": failure.cause}, indent=2))
            raise SystemExit(FAILED) from None

    return guarded


main = _speaking(app)
