"""One question to an environment, whichever way its recipe answers."""

from collections.abc import Sequence

from osml import assistant, conversation, question
from osml.domain import Domain
from osml.failure import Failure
from osml.functions import Functions
from osml.place import Place
from osml.stack import knowledge


def ask(
    place: Place, asked: str, size: int = 4, filters: Sequence[tuple[str, str]] = (), talk: str | None = None
) -> question.Answer:
    """The answer, from at most `size` documents that hold what `filters` say; raises Failure when there is none.

    `talk` is the id of a conversation to go on with, or `new`.
    """
    if place.settings().recipe == "serverless":
        return assistant.ask(Functions(place), asked, size, filters, talk)
    found = knowledge(place)
    domain = Domain(found)
    if talk is None:
        return question.ask(domain, found, asked, size, filters)
    opened = conversation.opened(domain, talk, asked, found.retrieval.earlier_questions)
    answer = question.ask(domain, found, asked, size, filters, opened)
    if answer.text is None:
        conversation.keep(domain, opened, asked)
    return answer


def filters(written: Sequence[str]) -> list[tuple[str, str]]:
    """`field=value` as the command line takes it, any number of times; raises Failure."""
    found: list[tuple[str, str]] = []
    for one in written:
        field, equals, value = one.partition("=")
        if not (field.strip() and equals and value.strip()):
            raise Failure(f"--filter is {one!r}, but must be field=value, for example title=Boston.")
        found.append((field.strip(), value.strip()))
    return found
