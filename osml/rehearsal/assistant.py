"""The assistant answers the same question; its functions' roles may lack permissions that a line needs."""

from osml.ask.assistant import ask
from osml.ask.question import Answer
from osml.doctor.checks.context import Context
from osml.rehearsal.subject import Asked
from osml.remote.functions import Functions


def look(context: Context, asked: Asked) -> Answer | None:
    """The answer; None without an assistant or a question. The conversation stays."""
    if asked.question is None or not any(stack.name.endswith("-assistant") for stack in context.stacks):
        return None
    return ask(Functions(context.place, context.session), asked.question)
