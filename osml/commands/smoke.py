"""The command `osml smoke`."""

from typing import Annotated

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.place import place

PANEL = "Deploy"


def smoke(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    env: Env = None,
    sandbox: Sandbox = False,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="A text that the answer must contain. Repeatable; one of the texts is enough."),
    ] = None,
) -> None:
    """Ask a question and fail unless the answer is grounded. A delivery pipeline does this after each deploy."""
    from osml.ask.smoke import run
    from osml.terminal import visible

    sentence = visible(run(place(env, sandbox), question, expect or []))
    Console().print(sentence, highlight=False, markup=False, soft_wrap=True)
