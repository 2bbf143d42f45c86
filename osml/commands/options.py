"""Options that most commands share."""

import re
from datetime import timedelta
from typing import Annotated

import typer

# For a command whose other options go to the CDK command line.
OTHERS_TO_CDK = {"allow_extra_args": True, "ignore_unknown_options": True}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Env = Annotated[
    str | None,
    typer.Option(
        "--env", "-e", envvar="OSML_ENV", help="Environment: the name of a file in environments/, without .yaml."
    ),
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Only documents that members of these groups see, separated by commas; '' means "
        "documents that everybody sees.",
    ),
]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Use the local cloud instead of AWS.")]


def span(text: str) -> timedelta:
    """The time of a number with a unit, such as `15m`. Raises typer's BadParameter."""
    if match := re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    raise typer.BadParameter("Write a number with s, m, h or d, such as 15m.")


def groups_of(written: str | None) -> list[str] | None:
    """The groups of a list with commas; None if there is no list. Raises Failure for what is no name of a group."""
    if written is None:
        return None
    from osml.failure import Failure
    from settings.access import GROUP

    groups = [part for part in (part.strip() for part in written.split(",")) if part]
    wrong = next((group for group in groups if not re.fullmatch(GROUP, group)), None)
    if wrong:
        raise Failure(f"{wrong!r} cannot be the name of a group. Use at most 128 characters, no brackets or quotes.")
    return groups
