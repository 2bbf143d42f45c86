"""The command line `osml`: one command for each module of `osml.commands` with a function or group of the same name."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import wraps
from importlib import metadata
from typing import Annotated, Any

import typer

import osml.library  # noqa: F401 - before what it makes importable
from osml import commands
from osml.command import OsmlCommand, OsmlGroup
from osml.ending import ending
from osml.exit_code import FAILED
from osml.value_error import explained_value


class _Commands(OsmlGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = explained_value(error.message)
            raise
        except typer.Abort as abort:
            # Typer's prompts turn Ctrl-C into the same exception as a no.
            if isinstance(abort.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise


app = typer.Typer(
    cls=_Commands,
    help="Deploy search and generated answers on Amazon OpenSearch, load documents, and ask questions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
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
        for registered in group.registered_commands:
            registered.cls = OsmlCommand
        app.add_typer(group, cls=OsmlGroup, name=name, rich_help_panel=panel)
    elif command := getattr(module, name, None):
        # `import_` and `open_` have an underscore because Python uses these words itself.
        typed, settings = name.rstrip("_").replace("_", "-"), getattr(module, "SETTINGS", None)
        app.command(typed, cls=OsmlCommand, context_settings=settings, rich_help_panel=panel)(command)


for panel in (*commands.PANELS, None):
    for name in sorted(info.name for info in pkgutil.iter_modules(commands.__path__)):
        _add(name, panel)


def _speaking(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def guarded(*arguments: Any, **options: Any) -> Any:
        with ending(FAILED):
            return run(*arguments, **options)

    return guarded


main = _speaking(app)
