"""A complete question: embedded, searched and, if the recipe has an answer model, answered."""

from calls.count_of import count_of
from mlcommons.client import path_of
from osml.ask import asking
from osml.doctor.checks import key
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped, Unchecked
from osml.failure import Failure

WORDS = 8
# Quotes, a backslash and a line break, which break a request body that does not escape its texts.
ASKED = 'What do the documents say of "{}"?\nA sentence \\ is enough.'


def question(context: Context) -> str:
    """Ask about the first words of a document, as `osml ask` does."""
    about = "this" if context.on_collection else _words(context)
    try:
        answer = asking.ask(context.place, ASKED.format(about))
    except Failure as failure:
        sentence = str(failure)
        if failure.cause == "index-empty":
            raise Skipped(sentence) from None
        if failure.cause == "model-starting":
            raise Unchecked(sentence) from None
        name = named(failure.cause, "question-failed")
        name = key.refused(context) if name == "key-refused" and not context.on_collection else name
        raise complaint(context.place, name, sentence) from None
    if answer.answer is None:
        return f"{count_of(len(answer.sources), 'document')} found in {answer.timings.total_ms} ms"
    return f"answered from {count_of(len(answer.sources), 'document')} in {answer.timings.total_ms} ms"


def _words(context: Context) -> str:
    """The first words of a document."""
    field = context.knowledge.text_field
    body = {"query": {"exists": {"field": field}}, "size": 1, "_source": [field]}
    # Without the index's default search pipeline, which needs a question.
    response = context.client.post(path_of(context.knowledge.index, "_search"), body, search_pipeline="_none")
    hits = response["hits"]["hits"]
    if not hits:
        raise Skipped(f"the index {context.knowledge.index} has no documents; load some with `osml ingest FILE`")
    return " ".join(str(hits[0]["_source"].get(field, "")).split()[:WORDS])


CHECK = Check("a question", question, after="objects")
