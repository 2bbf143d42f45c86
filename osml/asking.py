"""One question to an environment, whichever way its recipe answers."""

from osml import assistant, question
from osml.domain import Domain
from osml.functions import Functions
from osml.place import Place
from osml.stack import knowledge


def ask(place: Place, asked: str, size: int = 4) -> question.Answer:
    """The answer, from at most `size` documents; raises Failure when there is none."""
    if place.settings().recipe == "serverless":
        return assistant.ask(Functions(place), asked, size)
    found = knowledge(place)
    return question.ask(Domain(found), found, asked, size)
