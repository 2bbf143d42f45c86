"""The command `osml ask`."""

from typing import Annotated

import typer

from osml.commands.options import As, Env, Sandbox, groups_of
from osml.place import place
from osml.program import typed_as

PANEL = "Documents and questions"


def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    size: Annotated[int, typer.Option(help="The maximum number of source documents.", min=1, max=50)] = 4,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="Use only documents with this field=value. Repeatable.")
    ] = None,
    conversation: Annotated[str | None, typer.Option(help="Conversation id to continue, or `new`.")] = None,
    as_: As = None,
    model: Annotated[
        str | None, typer.Option(help="Only on a collection: the answer model, by its name in `assistant.models`.")
    ] = None,
) -> None:
    """Ask a question and print the answer and its source documents."""
    from osml.ask import answer_view, asking

    wanted = asking.filters(filters or [])
    where = place(env, sandbox).seen_by(groups_of(as_))
    answer = asking.ask(where, question, size, wanted, conversation, model)
    if json:
        answer_view.print_json(answer)
    else:
        answer_view.show(question, answer, f"{typed_as()} ask {where.options}")
