"""A question that a person answers with yes or no before a command goes on."""

import sys

import typer

from osml.failure import Failure


def require(question: str) -> None:
    """Ask. Raises typer's Abort for a no, and Failure if nobody can answer."""
    try:
        typer.confirm(question, abort=True)
    except typer.Abort as abort:
        if isinstance(abort.__context__, EOFError) and not sys.stdin.isatty():
            raise Failure("This command needs a confirmation, and there is no terminal. Add --yes.") from None
        raise
