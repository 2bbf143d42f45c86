"""The environment's answer model with a question about one passage, which is its only source."""

from collections.abc import Callable

from osml.ask import assistant, question
from osml.place import Place
from osml.remote.domain import Domain
from osml.remote.functions import Functions
from osml.remote.stack import knowledge

# The characters of a passage in the question. The model also gets the whole passage as its source.
QUOTED = 600

Reader = Callable[[str, str, str], str]
"""Asks the model a question about the passage of a document, given both ids; returns the reply."""


def reader(place: Place) -> Reader:
    """A reader of the environment's passages.

    On a collection the model gets the passage of the document that is nearest to the question, so a question must
    quote its passage. A reply is empty if the model gave none. A call raises Failure if the environment has no answer
    model, or when it fails.
    """
    if place.settings().engine is None:
        functions = Functions(place)
        return lambda wanted, document, _: str(
            assistant.ask(functions, wanted, 1, [("document", document)]).answer or ""
        )
    settings = knowledge(place)
    domain = Domain(settings, caller=place.caller)
    return lambda wanted, _, passage: question.answer_from(domain, settings, wanted, [passage])
