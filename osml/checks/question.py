"""A question, all the way: embedded, searched, and answered where the recipe has a model that answers."""

from mlcommons.client import path_of
from osml import asking
from osml.checks import key
from osml.checks.complaints import complaint
from osml.checks.recognition import cause_of
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped
from osml.failure import Failure

WORDS = 8
# Quotes, a backslash and a line break: what a request body that does not escape its texts breaks at.
ASKED = 'What do the documents say of "{}"?\nA sentence \\ is enough.'


def question(seat: Seat) -> str:
    """Ask about the first words of a document of the index, as `osml ask` does."""
    about = "this" if seat.on_collection else _words(seat)
    try:
        answer = asking.ask(seat.place, ASKED.format(about))
    except Failure as failure:
        sentence = str(failure)
        if "holds no document to find" in sentence:
            raise Skipped(sentence) from None
        name = cause_of(sentence, "question-failed")
        name = key.refused(seat) if name == "key-refused" and not seat.on_collection else name
        raise complaint(seat.place, name, sentence) from None
    if answer.text is None:
        return f"{len(answer.sources)} documents found in {answer.took_ms} ms"
    return f"answered from {len(answer.sources)} documents in {answer.took_ms} ms"


def _words(seat: Seat) -> str:
    """The first words of some document."""
    field = seat.knowledge.text_field
    body = {"query": {"exists": {"field": field}}, "size": 1, "_source": [field]}
    # Without the index's default search pipeline: there is no question to answer yet.
    found = seat.client.post(path_of(seat.knowledge.index, "_search"), body, search_pipeline="_none")
    hits = found["hits"]["hits"]
    if not hits:
        raise Skipped(f"the index {seat.knowledge.index} holds no document: load some with `osml ingest FILE`")
    return " ".join(str(hits[0]["_source"].get(field, "")).split()[:WORDS])
