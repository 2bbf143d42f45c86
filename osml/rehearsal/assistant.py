"""The assistant answers the same question; its functions' roles may lack permissions that a later line needs."""

from osml.ask.assistant import ask
from osml.doctor.checks.context import Context
from osml.rehearsal.answers import Exchange
from osml.rehearsal.subject import RehearsalQuestions
from osml.remote.functions import Functions


def look(context: Context, chosen: RehearsalQuestions) -> Exchange | None:
    """The question and its answer; None without an assistant or a question. The conversation is kept."""
    if chosen.question is None or not any(stack.name.endswith("-assistant") for stack in context.stacks):
        return None
    return chosen.question, ask(Functions(context.place, context.session), chosen.question)
