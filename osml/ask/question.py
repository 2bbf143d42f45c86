"""One question on a domain: a neural search and, if the recipe has an answer model, a pipeline that answers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from calls.count_of import count_of
from calls.starting import ANSWER, starting
from osml.ask.conversation import EngineConversation
from osml.failure import Failure
from osml.remote.domain import Domain, legible
from osml.remote.stack import Knowledge
from rag.caller import ACCESS, groups_in
from rag.evidence import used
from rag.models import Answer, Highlight, Source, Timings
from rag.pipeline import answer_in, asking
from rag.search.field_filter import clauses, names_asked, unknown
from rag.search.follow_up import merged
from rag.search.fusion import FUSED
from rag.search.highlight import highlights
from rag.search.hit import fields_of, source_of
from rag.search.in_use import searched
from rag.search.nearness import Nearness
from rag.search.query import nearest, parameters, texts
from settings.index import IndexNames

CONNECT_SECONDS = 10


def ask(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int = 4,
    filters: Sequence[tuple[str, str]] = (),
    conversation: EngineConversation | None = None,
) -> Answer:
    """Finds `size` documents and returns them, with the model's answer if the recipe has an answer model.

    `filters` are pairs of a field and its whole value; for title and text, the value is a phrase in them. Several
    values of one field are alternatives. In a `conversation` the question is a follow-up: the search includes earlier
    questions, the answer model gets the whole conversation, and the pipeline adds the new turn. Raises Failure when the
    search fails, when it finds nothing, or when the answer model gives no answer.
    """
    with legible(f"The question to the index {knowledge.index}"):
        return _searched_and_answered(domain, knowledge, question, size, filters, conversation)


def find(
    domain: Domain, knowledge: Knowledge, question: str, size: int = 4, filters: Sequence[tuple[str, str]] = ()
) -> list[Source]:
    """The `size` documents nearest to the question, without an answer; otherwise like `ask`."""
    with legible(f"The question to the index {knowledge.index}"):
        return _nearest(domain, knowledge, question, size, filters).sources


def answer_from(domain: Domain, knowledge: Knowledge, question: str, ids: Sequence[str]) -> str:
    """The model's answer to `question` from exactly the passages with these ids; empty if it gives none.

    Raises Failure when the environment has no answer model, or when the engine fails.
    """
    if knowledge.answer_model_id is None:
        raise Failure("This environment has no answer model. Add the group `answer` to its file, and deploy it.")
    with legible(f"The question to the index {knowledge.index}"):
        return answer_in(_answered(domain, knowledge, question, ids, None))


def _searched_and_answered(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int,
    filters: Sequence[tuple[str, str]],
    conversation: EngineConversation | None,
) -> Answer:
    earlier = conversation.earlier if conversation else ()
    hits, sources, search_ms = _nearest(domain, knowledge, question, size, filters, earlier)
    id = conversation.id if conversation else None
    if knowledge.answer_model_id is None:
        timings = Timings(search_ms=search_ms, total_ms=search_ms)
        return Answer(answer=None, grounded=True, sources=sources, model=None, conversation_id=id, timings=timings)
    answered = _answered(domain, knowledge, question, [hit["_id"] for hit in hits], id)
    text = answer_in(answered)
    if not text:
        raise Failure(
            f"The search found {count_of(len(sources), 'document')}, but the pipeline {knowledge.search_pipeline} gave "
            f"no answer: it could not read the output of the model {knowledge.answer_model_id} in the format of "
            f"{knowledge.llm_model}.",
            "answer-not-understood",
        )
    sources = used(text, sources)
    model_ms = answered["took"]
    return Answer(
        answer=text,
        grounded=any(source.used for source in sources),
        sources=sources,
        model=knowledge.llm_model,
        conversation_id=id,
        timings=Timings(search_ms=search_ms, model_ms=model_ms, total_ms=search_ms + model_ms),
    )


class _Found(NamedTuple):
    """The hits of a search, the same hits as sources of the API, and the time of the search in milliseconds."""

    hits: list[dict[str, Any]]
    sources: list[Source]
    took: int


def _nearest(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int,
    filters: Sequence[tuple[str, str]],
    earlier: Sequence[str] = (),
) -> _Found:
    fields = fields_of(knowledge.text_field)
    response = search(domain, knowledge, question, size, filters, fields, earlier)
    hits: list[dict[str, Any]] = response["hits"]["hits"][:size]
    if not hits and filters:
        _refuse_unknown(domain, knowledge, filters)
        wanted = ", ".join(f"{field}={value}" for field, value in filters)
        raise Failure(f"The index {knowledge.index} has no document with {wanted}. Ask without --filter.")
    if not hits:
        sentence = f"The index {knowledge.index} has no documents. Load some with `osml ingest FILE`."
        raise Failure(sentence, "index-empty")
    return _Found(hits, [_source(hit, knowledge.text_field) for hit in hits], response["took"])


def _source(hit: dict[str, Any], text_field: str) -> Source:
    source = source_of(hit, text_field)
    source.highlights = [Highlight(start=start, end=end) for start, end in hit["marks"]]
    return source


def _marks(
    domain: Domain, knowledge: Knowledge, question: str, hits: list[dict[str, Any]], index: str
) -> list[list[tuple[int, int]]]:
    """For each hit, the ranges of its text that the environment marks as near to the question."""
    retrieval = knowledge.retrieval
    if not retrieval.marked_by_meaning:
        return [highlights(hit, knowledge.text_field) for hit in hits]
    texts = [hit["_source"][knowledge.text_field] for hit in hits]
    nearness = Nearness(domain.send, domain.models)
    try:
        return nearness.nearest(question, texts, retrieval.marked_by_meaning, index)
    except (Failure, ValueError):  # passages without marks are still useful
        return [[] for _ in hits]


def search(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int,
    filters: Sequence[tuple[str, str]] = (),
    fields: Sequence[str] = (),
    earlier: Sequence[str] = (),
) -> dict[str, Any]:
    """The engine's answer with at least `size` hits, if there are so many.

    One request is enough unless the index version changes. With `earlier` questions a second request searches for the
    question together with them, and the hits of both requests are fused. A hit contains its text and its `fields`.
    The first `size` hits have `marks`: ranges of the text near to the question. The whole search uses one index
    version. Raises Failure.
    """
    narrowing = [*domain.caller.clauses, *clauses(filters, knowledge.fields, knowledge.text_field)]
    index = IndexNames(name=knowledge.index, text_field=knowledge.text_field, embedding_field=knowledge.embedding_field)
    queries = texts(earlier, question, knowledge.retrieval.earlier_questions)
    most = size if len(queries) == 1 else max(size, FUSED)
    if knowledge.index_version:
        domain.in_use.setdefault(knowledge.index, knowledge.index_version)

    def answers(text: str) -> dict[str, Any]:
        body = nearest(text, most, index, knowledge.retrieval, narrowing)
        body["_source"] = list(dict.fromkeys([knowledge.text_field, ACCESS, "title", *fields]))
        options = {"params": parameters(knowledge.retrieval), "json": body, "timeout": _timeout(knowledge)}

        def search_in(named: str) -> dict[str, Any]:
            answer = domain.patiently("POST", f"/{named}/_search", **options)
            hits = answer["hits"]["hits"]
            # Checked again, because the filter may have no effect, as in an index that does not know the field yet.
            answer["hits"]["hits"] = [hit for hit in hits if domain.caller.sees(groups_in(hit["_source"]))]
            return answer

        answer: dict[str, Any] = searched(knowledge.index, domain.in_use, search_in, domain.patient, Failure)
        return answer

    def vectors(texts: Sequence[str]) -> list[list[float]] | None:
        try:
            return Nearness(domain.send, domain.models).vectors(texts, domain.in_use[knowledge.index])
        except (Failure, ValueError):  # as if the model had not been measured
            return None

    responses = [answers(text) for text in queries]
    response, lists = responses[0], [answer["hits"]["hits"] for answer in responses]
    response["took"] = sum(answer["took"] for answer in responses)
    response["hits"]["hits"] = merged(
        queries, lists, knowledge.min_score, knowledge.follow_up, knowledge.text_field, vectors
    )
    shown = response["hits"]["hits"][:size]
    marked = _marks(domain, knowledge, queries[-1], shown, domain.in_use[knowledge.index])
    for hit, marks in zip(shown, marked, strict=True):
        hit["marks"] = marks
    return response


def _refuse_unknown(domain: Domain, knowledge: Knowledge, filters: Sequence[tuple[str, str]]) -> None:
    """Raises Failure when a filter names a field that no document has."""
    body = names_asked(filters, knowledge.text_field)
    if body and domain.caller.clauses:
        body["query"] = {"bool": {"filter": domain.caller.clauses}}
    if knowledge.fields is None or body is None:
        return
    answer = domain.patiently("POST", f"/{knowledge.index}/_search", json=body, timeout=_timeout(knowledge))
    missing, some = unknown(filters, knowledge.text_field, answer)
    if missing:
        there = f"Existing fields are {', '.join(some)}" if some else "Documents have only title and text"
        raise Failure(
            f"No document of the index {knowledge.index} has a field {' or '.join(map(repr, missing))}. {there}. "
            "Correct --filter, or leave it out.",
            "field-unknown",
        )


def _answered(
    domain: Domain, knowledge: Knowledge, question: str, ids: Sequence[str], conversation: str | None
) -> dict[str, Any]:
    """The answer of the pipeline from exactly the passages with these ids."""
    body = asking(
        question,
        ids,
        text_field=knowledge.text_field,
        llm_model=knowledge.llm_model,
        llm_response_field=knowledge.llm_response_field,
        conversation=conversation,
        seconds=knowledge.rag_seconds,
    )
    path, pipeline = f"/{knowledge.index}/_search", {"search_pipeline": knowledge.search_pipeline}
    try:
        return domain.patiently("POST", path, params=pipeline, json=body, timeout=_timeout(knowledge))
    except Failure as failure:
        if failure.cause == "model-starting":
            raise Failure(starting(ANSWER, knowledge.answer_start_seconds), failure.cause) from None
        raise


def _timeout(knowledge: Knowledge) -> tuple[int, int]:
    return (CONNECT_SECONDS, knowledge.client_seconds)
