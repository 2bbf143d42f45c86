"""Each command of the command line that parses all its words, and its options with a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main
from typer.core import TyperCommand, TyperOption

from osml.main import app


def _commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    for name, part in getattr(group, "commands", {}).items():
        if hasattr(part, "commands"):
            yield from _commands(part, (*words, name))
        else:
            yield (*words, name), part


# The others pass words to the CDK command line.
OWN = {
    words: command
    for words, command in _commands(typer.main.get_command(app))
    if not command.context_settings.get("ignore_unknown_options")
}
VALUED = sorted(
    (words, part.opts[0])
    for words, command in OWN.items()
    for part in command.params
    if isinstance(part, TyperOption) and not part.is_flag
)
