"""`osml --help` lists each command under a heading."""

import importlib
import pkgutil

import typer.main

from osml import commands
from osml.main import app

NAMES = sorted({info.name for info in pkgutil.iter_modules(commands.__path__)} - {"options"})


def test_each_module_of_commands_is_in_the_help_under_its_panel() -> None:
    panels = {name: importlib.import_module(f"osml.commands.{name}").PANEL for name in NAMES}
    assert set(panels.values()) == set(commands.PANELS)
    listed = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # typer's own class of groups
    shown = {name: command.rich_help_panel for name, command in listed.items()}
    assert shown == {name.rstrip("_").replace("_", "-"): panel for name, panel in panels.items()}
