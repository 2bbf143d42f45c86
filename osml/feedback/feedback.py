"""The feedback of an environment: read, turned into an evaluation set, and searched for gaps in the documents."""

from collections.abc import Iterable, Iterator
from typing import Any

from osml.failure import Failure
from osml.place import Place
from osml.remote.domain import signature
from osml.remote.functions import Functions
from osml.remote.reading import as_failures, read
from osml.remote.stack import assistant, knowledge
from rag.budget import Budget
from rag.feedback.index import FeedbackInIndex
from rag.feedback_models import FeedbackList, Judgement
from rag.search.engine import IndexClient
from settings.feedback import Feedback as Kept
from settings.index import IndexNames
from settings.prompt import Prompt
from settings.runtime_settings import EngineEmbedding, Memory, RuntimeSearch, RuntimeSettings

SECONDS = 120.0
AT_ONCE = 100
# The grade of a document that a good answer came from, as in samples/evaluation.
GRADE = 2


def feedback(where: Place) -> Iterator[Judgement]:
    """All judgements, newest first. Raises Failure if the environment keeps no feedback."""
    chosen = where.settings().assistant
    kept = chosen.feedback if chosen else None
    if kept is None:
        raise Failure(f"{where.file} does not keep feedback. Set assistant.feedback, for example to {{keep: texts}}.")
    pages = _of_functions(Functions(where)) if where.settings().engine is None else _of_domain(where, kept)
    return (judgement for page in pages for judgement in page.feedback)


def evaluation_set(judged: Iterable[Judgement]) -> Iterator[dict[str, Any]]:
    """Labelled questions in the form that `osml evaluate` reads: for each good answer, the documents that bear it out.

    Judgements without a text, or without such a document, are left out. If a question was rated more than once, the
    newest judgement counts.
    """
    seen = set[tuple[str, ...]]()
    for judgement in judged:
        if judgement.rating is None or judgement.question is None or (*judgement.after, judgement.question) in seen:
            continue
        seen.add((*judgement.after, judgement.question))
        if judgement.rating == "up" and judgement.documents:
            after = {"after": judgement.after} if judgement.after else {}
            yield {"question": judgement.question, "relevant": dict.fromkeys(judgement.documents, GRADE), **after}


def gaps(judged: Iterable[Judgement]) -> Iterator[Judgement]:
    """The judgements that show a gap: the documents or the search had no answer, or a reader missed something."""
    return (judgement for judgement in judged if judgement.is_gap)


def _of_functions(functions: Functions) -> Iterator[FeedbackList]:
    after: str | None = None
    while True:
        page = read(functions.request("GET", "/feedback", {"limit": str(AT_ONCE), "after": after}), FeedbackList)
        yield page
        if page.after is None:
            return
        after = page.after


def _of_domain(where: Place, kept: Kept) -> Iterator[FeedbackList]:
    deployed, environment, index = knowledge(where), where.settings(), assistant(where).feedback_index
    if index is None:
        raise Failure(
            f"The assistant's stack does not keep feedback yet. Deploy it with `osml deploy {where.options}`."
        )
    settings = RuntimeSettings(
        environment=where.env,
        search=RuntimeSearch(endpoint=deployed.endpoint, region=deployed.region, service="es"),
        index=IndexNames(name=deployed.index, text_field=deployed.text_field, embedding_field=deployed.embedding_field),
        prompt=Prompt(system=environment.prompt.system, instructions=environment.prompt.instructions),
        embedding=EngineEmbedding(),
        conversations=Memory(kind="memory"),
    )
    store = FeedbackInIndex(IndexClient(settings, signature(deployed)), index, kept.days)
    after: str | None = None
    while True:
        with as_failures():
            page, after = store.listed(AT_ONCE, after, Budget(SECONDS))
        yield FeedbackList(feedback=page, after=after)
        if after is None:
            return
