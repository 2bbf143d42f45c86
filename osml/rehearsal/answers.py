"""A question gets the same documents and the same answer."""

from osml.ask import question
from osml.ask.question import Answer
from osml.doctor.checks.context import Context
from osml.rehearsal.subject import NOTED, SAME, SKIPPED, WORSE, Asked, Comparison


def look(context: Context, asked: Asked) -> Answer | None:
    """The answer; None without a question."""
    if asked.question is None:
        return None
    return question.ask(context.domain, context.knowledge, asked.question)


def compare(before: Answer | None, after: Answer | None) -> Comparison:
    """Other documents are worse; another wording is only noted, because models may vary it."""
    if before is None or after is None:
        return Comparison(SKIPPED, "there is no assistant or no question")
    were, are = ([source.id for source in answer.sources] for answer in (before, after))
    shown_question = f"{before.question!r}"
    if were != are:
        detail = f"It found {', '.join(were)} and finds {', '.join(are) or 'nothing'}."
        return Comparison(WORSE, f"{shown_question} finds other documents", (detail,))
    if (before.text or "").strip() and not (after.text or "").strip():
        return Comparison(WORSE, f"{shown_question} no longer gets an answer")
    if before.text != after.text:
        details = (f"Before: {before.text}", f"Now: {after.text}")
        return Comparison(
            NOTED, f"{shown_question} finds the same documents and gets an answer in other words", details
        )
    kind = "answer" if after.text else "documents"
    return Comparison(SAME, f"{shown_question} has the same {kind} as before")
