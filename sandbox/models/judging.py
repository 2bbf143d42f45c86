"""The stand-in as a judge: whether a document says a statement, by the words and figures of both."""

import re
from collections.abc import Iterable

from sandbox.models import sentence as text_of

_REQUEST = re.compile(
    r"\s*does the passage that begins with the text below say the following[^:]*:(?P<statement>.*?)(?:\n|\\n|\Z)",
    re.IGNORECASE,
)
# The least share of a statement's words that a document must contain to say it.
_SHARE = 0.75


def verdict(question: str, documents: Iterable[str]) -> bool | None:
    """Whether a document says the statement of a request for a verdict; None if the question is no such request."""
    if not (request := _REQUEST.match(question)):
        return None
    return any(_says(document, request["statement"]) for document in documents)


def _says(document: str, statement: str) -> bool:
    """Whether the document contains the figures of the statement, and most of its words."""
    wanted, there = text_of.content_words(statement), text_of.content_words(document)
    figures = {word for word in wanted if any(letter.isdigit() for letter in word)}
    return bool(wanted) and figures <= there and len(wanted & there) >= _SHARE * len(wanted)
