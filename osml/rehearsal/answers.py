"""A question gets the same documents and the same answer."""

from osml.ask import question
from osml.doctor.checks.context import Context
from osml.rehearsal.subject import NOTED, SAME, SKIPPED, WORSE, Comparison, RehearsalQuestions
from rag.models import Answer

# The question, and its answer.
Exchange = tuple[str, Answer]


def look(context: Context, chosen: RehearsalQuestions) -> Exchange | None:
    """The question and its answer; None without a question."""
    if chosen.question is None:
        return None
    return chosen.question, question.ask(context.domain, context.knowledge, chosen.question)


def compare(before: Exchange | None, after: Exchange | None) -> Comparison:
    """Other documents are worse; another wording is only noted, because models may vary it."""
    if before is None or after is None:
        return Comparison(SKIPPED, "there is no assistant or no question")
    (wording, earlier), (_, now) = before, after
    were, are = ([source.id for source in answer.sources] for answer in (earlier, now))
    shown_question = f"{wording!r}"
    if were != are:
        detail = f"It found {', '.join(were)} and finds {', '.join(are) or 'nothing'}."
        return Comparison(WORSE, f"{shown_question} finds other documents", (detail,))
    if (earlier.answer or "").strip() and not (now.answer or "").strip():
        return Comparison(WORSE, f"{shown_question} no longer gets an answer")
    if earlier.answer != now.answer:
        details = (f"Before: {earlier.answer}", f"Now: {now.answer}")
        return Comparison(
            NOTED, f"{shown_question} finds the same documents and gets an answer in other words", details
        )
    kind = "answer" if now.answer else "documents"
    return Comparison(SAME, f"{shown_question} has the same {kind} as before")
