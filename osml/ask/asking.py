"""One question to an environment of any recipe."""

from collections.abc import Sequence

from calls.plain import mended
from osml.ask import assistant, conversation, question
from osml.failure import Failure
from osml.place import Place
from osml.remote.domain import Domain
from osml.remote.functions import Functions
from osml.remote.stack import knowledge
from rag.evidence import used
from rag.match import is_near, judge
from rag.models import MOST_QUESTION_CHARACTERS, Answer, Source
from settings.access import Access
from settings.environment import Environment


def ask(
    place: Place,
    text: str,
    size: int = 4,
    filters: Sequence[tuple[str, str]] = (),
    talk: str | None = None,
    model: str | None = None,
) -> Answer:
    """The answer from at most `size` documents that match `filters`.

    `talk` is the id of a conversation to continue, or `new`. `model` is one of `assistant.models`; only a collection
    accepts it. Raises Failure when there is no answer, or when `model` is given on a domain.
    """
    text = _worded(text)
    if place.settings().engine is None:
        return assistant.ask(Functions(place), text, size, filters, talk, model)
    if model:
        raise Failure(
            "--model works only on a collection. On this domain osml ask uses the engine's pipeline, which has one "
            "model. Use the page or the API, or leave out --model."
        )
    settings = knowledge(place)
    domain = Domain(settings, caller=place.caller)
    if talk is None:
        return _judged(question.ask(domain, settings, text, size, filters), place.settings())
    opened = conversation.opened(domain, talk, text, settings.retrieval.earlier_questions)
    answer = question.ask(domain, settings, text, size, filters, opened)
    if answer.answer is None:
        conversation.keep(domain, opened, text)
    return _judged(answer, place.settings())


def _worded(text: str) -> str:
    """The question as it is sent. Raises Failure if it is blank, or longer than the API accepts."""
    if not text.strip():
        raise Failure("The question is blank. Write it in quotes.")
    if len(text) > MOST_QUESTION_CHARACTERS:
        raise Failure(
            f"The question has {len(text):,} characters, but the limit is {MOST_QUESTION_CHARACTERS:,}. Shorten it."
        )
    return mended(text)


def _judged(answer: Answer, environment: Environment) -> Answer:
    """The answer with its sources rated: their match, their trust, and the sentences that the answer uses."""
    _judge(answer.sources, environment)
    if answer.answer is None:
        answer.grounded = is_near(answer.sources, environment.min_score)
    else:
        answer.sources = used(answer.answer, answer.sources)
    return answer


def _judge(sources: Sequence[Source], environment: Environment) -> None:
    access = environment.assistant.access if environment.assistant else Access()
    for source in sources:
        judge(source, environment.matches, access)


def find(place: Place, text: str, size: int = 4, filters: Sequence[tuple[str, str]] = ()) -> list[Source]:
    """The documents nearest to the question, without an answer.

    On a collection the assistant writes an answer too, which is not returned. Raises Failure.
    """
    if place.settings().engine is None:
        return ask(place, text, size, filters).sources
    text, settings = _worded(text), knowledge(place)
    sources = question.find(Domain(settings, caller=place.caller), settings, text, size, filters)
    _judge(sources, place.settings())
    return sources


def filters(written: Sequence[str]) -> list[tuple[str, str]]:
    """Field and value of each `field=value` of the command line. Raises Failure for any other form."""
    conditions: list[tuple[str, str]] = []
    for condition in written:
        field, equals, value = condition.partition("=")
        if not (field.strip() and equals and value.strip()):
            raise Failure(f"--filter is {condition!r}, but it must be field=value, for example title=Boston.")
        conditions.append((field.strip(), value.strip()))
    return conditions
