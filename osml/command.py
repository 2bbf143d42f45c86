"""Commands, whose arguments may begin with a hyphen as one in 64 ids of OpenSearch does, and groups of commands."""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from typer import TyperException
from typer.core import TyperArgument, TyperCommand, TyperGroup

# Also `-edev`, `--env=dev` and misspelt options.
_OPTION = re.compile(r"--?[A-Za-z][\w-]*(=.*)?", re.ASCII | re.DOTALL)
# OpenSearch makes ids of 15 bytes in base64url. 20 small letters are rather an option than an id.
_ENGINE_ID = re.compile(r"(?=.*[A-Z0-9])[\w-]{20}", re.ASCII)
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")


class _Flags:
    def get_params(self, ctx: Any) -> list[Any]:
        parts: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # the class beside this one has it
        for part in parts:
            # Typer 0.29 writes `--json <bool>`, as if a value had to follow.
            if getattr(part, "is_flag", False):
                part.metavar = ""
        return parts


class OsmlGroup(_Flags, TyperGroup):
    """A group of commands, which have all options but --help and --version."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if _is_unknown(error):
                error.message += (
                    f". Write the options of a command after its name: {ctx.command_path} COMMAND [OPTIONS]."
                )
            raise


class OsmlCommand(_Flags, TyperCommand):
    """A command that takes a word with a hyphen as an argument, unless the word looks like an option."""

    def __init__(self, name: str | None, *, help: str | None = None, **settings: Any) -> None:
        # Typer 0.29 breaks the lines of all paragraphs but the first where the docstring does.
        super().__init__(name, help=_LINE_BREAK.sub(" ", inspect.cleandoc(help)) if help else None, **settings)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.ignore_unknown_options:
            return super().parse_args(ctx, args)
        flags = {name: getattr(part, "is_flag", True) for part in self.get_params(ctx) for name in part.opts}
        options, arguments = _parted(args, flags)
        if wrong := next((word for word, *_ in options if len(word) > 2 and f"-{word}" in flags), None):
            ctx.fail(f"No such option: {wrong}. Write -{wrong}, with two hyphens.")
        if not any(isinstance(part, TyperArgument) for part in self.params):
            return super().parse_args(ctx, args)
        try:
            return super().parse_args(ctx, [*(word for option in options for word in option), "--", *arguments])
        except TyperException as error:
            if _is_unknown(error):
                error.message += ". Write -- before an argument that begins with a hyphen."
            raise


def _is_unknown(error: TyperException) -> bool:
    """Whether the error is an option that does not exist, and none has a similar name."""
    return getattr(error, "possibilities", True) in (None, [])


def is_option(word: str) -> bool:
    """Whether the word is meant as an option, and not as an id, a file or a question that begins with a hyphen."""
    return bool(_OPTION.fullmatch(word)) and not _ENGINE_ID.fullmatch(word)


def _parted(words: Sequence[str], flags: Mapping[str, bool]) -> tuple[list[list[str]], list[str]]:
    """Each option with its value, and the arguments. `flags` says which options take no value."""
    options: list[list[str]] = []
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            arguments.extend(rest)
        elif not is_option(word):
            arguments.append(word)
        else:
            takes_value = not flags.get(word, True)
            options.append([word, *([value] if takes_value and (value := next(rest, None)) is not None else [])])
    return options, arguments
