"""Asks one question: a neural search, and a pipeline that lets a model answer from the hits if the recipe has one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.conversations import ALL_TURNS
from assistant.search.highlight import highlights
from assistant.search.nearness import Nearness
from assistant.search.query import Clause, nearest, together
from assistant.settings import Index
from osml.conversation import Conversation
from osml.domain import Domain, legible
from osml.failure import Failure
from osml.stack import Knowledge

CONNECT_SECONDS = 10
# While one question is asked the index changes once, if ever.
MOST_GENERATIONS = 3


@dataclass(frozen=True)
class Highlight:
    """A sentence of a text: from character `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A document that was found; `score` is the search engine's, higher is nearer.

    `highlights` are the sentences `text[start:end]` near to the question, where the environment marks them.
    """

    id: str
    score: float
    text: str
    highlights: tuple[Highlight, ...] = ()


@dataclass(frozen=True)
class Answer:
    """`text` is what `model` wrote from the `sources`; both are None where the recipe has no such model.

    `conversation_id` is that of the conversation that the question belongs to, None without one.
    """

    question: str
    text: str | None
    sources: list[Source]
    model: str | None
    took_ms: int
    conversation_id: str | None = None


def ask(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int = 4,
    filters: Sequence[tuple[str, str]] = (),
    conversation: Conversation | None = None,
) -> Answer:
    """Searches `size` documents and returns them, with the model's answer where the recipe has such a model.

    `filters` are fields and the words that stand in them; several of one field are alternatives. In a `conversation`
    it is a follow-up, searched together with earlier questions; a model that answers is told all of it, and the
    pipeline adds the turn. Raises Failure when the search fails, when nothing was found, or when the answer model did
    not answer.
    """
    with legible(f"The question to the index {knowledge.index}"):
        return _asked(domain, knowledge, question, size, filters, conversation)


def _asked(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int,
    filters: Sequence[tuple[str, str]],
    conversation: Conversation | None,
) -> Answer:
    earlier = conversation.earlier if conversation else ()
    words = together(earlier, question, knowledge.retrieval.earlier_questions)
    found = search(domain, knowledge, words, size, filters)
    hits: list[dict[str, Any]] = found["hits"]["hits"][:size]
    if not hits and filters:
        wanted = ", ".join(f"{field}={value}" for field, value in filters)
        raise Failure(f"The index {knowledge.index} holds nothing near this question with {wanted}: ask without it.")
    if not hits:
        raise Failure(f"The index {knowledge.index} holds no document to find: load some with `osml ingest FILE`.")
    sources = [_source(hit, knowledge.text_field) for hit in hits]
    id = conversation.id if conversation else None
    if knowledge.answer_model_id is None:
        return Answer(question, None, sources, knowledge.llm_model, found["took"], id)
    answered = _answered(domain, knowledge, question, sources, id)
    text = answered.get("ext", {}).get("retrieval_augmented_generation", {}).get("answer")
    if not text:
        raise Failure(
            f"The search found {len(hits)} documents, but the pipeline {knowledge.search_pipeline} gave no answer: "
            f"the answer of model {knowledge.answer_model_id} was not understood as {knowledge.llm_model}."
        )
    took = found["took"] + answered["took"]
    return Answer(question, text, sources, knowledge.llm_model, took, id)


def _source(hit: dict[str, Any], text_field: str) -> Source:
    marked = tuple(Highlight(start, end) for start, end in hit["marks"])
    return Source(hit["_id"], hit["_score"], hit["_source"][text_field], marked)


def _marks(
    domain: Domain, knowledge: Knowledge, question: str, hits: list[dict[str, Any]], index: str
) -> list[list[tuple[int, int]]]:
    """Of each hit the sentences near to the question, as the environment marks them."""
    retrieval = knowledge.retrieval
    if not retrieval.marked_by_meaning:
        return [highlights(hit, knowledge.text_field) for hit in hits]
    texts = [hit["_source"][knowledge.text_field] for hit in hits]
    nearness = Nearness(lambda method, path, body: domain.json(method, path, json=body), domain.models)
    try:
        return nearness.nearest(question, texts, retrieval.marked_by_meaning, index)
    except (Failure, ValueError):  # passages are worth having without
        return [[] for _ in hits]


def search(
    domain: Domain,
    knowledge: Knowledge,
    question: str,
    size: int,
    filters: Sequence[tuple[str, str]] = (),
    fields: Sequence[str] = (),
) -> dict[str, Any]:
    """The engine's answer with `size` hits or more, in one request as long as the index stays the same.

    A hit holds its text, and `fields` besides; `marks` of the first `size` are ranges of it that are near to the
    question.

    One generation of the index is searched, whose default pipeline names the model that made its vectors: a search of
    the alias would be embedded by the generation that it names first, and meet the one that it names after that. Only
    when it gives nothing, because it went out of use or away, the alias is asked for. Raises Failure.
    """
    index = Index(name=knowledge.index, text_field=knowledge.text_field, embedding_field=knowledge.embedding_field)
    body = nearest(question, size, index, knowledge.retrieval, _clauses(filters))
    body["_source"] = [knowledge.text_field, *fields]
    named = domain.in_use.get(knowledge.index) or knowledge.generation or _generation(domain, knowledge.index)
    for _ in range(MOST_GENERATIONS):
        failure, found = None, dict[str, Any]()
        try:
            found = domain.patiently("POST", f"/{named}/_search", json=body, timeout=_timeout(knowledge))
        except Failure as raised:
            failure = raised
        if failure or not found["hits"]["hits"]:
            before, named = named, _generation(domain, knowledge.index)
            if named != before:
                continue
        domain.in_use[knowledge.index] = named
        if failure:
            raise failure
        shown = found["hits"]["hits"][:size]
        for hit, marks in zip(shown, _marks(domain, knowledge, question, shown, named), strict=True):
            hit["marks"] = marks
        return found
    raise Failure(f"The index {knowledge.index} changed {MOST_GENERATIONS} times while it was searched: ask again.")


def _clauses(filters: Sequence[tuple[str, str]]) -> list[Clause]:
    """On a keyword or a number `match_phrase` finds the value itself, on a text its words in this order."""
    found: dict[str, list[Clause]] = {}
    for field, value in filters:
        found.setdefault(field, []).append({"match_phrase": {field: value}})
    return [{"bool": {"should": either, "minimum_should_match": 1}} for either in found.values()]


def _generation(domain: Domain, alias: str) -> str:
    [*found] = domain.patiently("GET", f"/{alias}/_alias")
    return found[0] if len(found) == 1 else alias


def _answered(
    domain: Domain, knowledge: Knowledge, question: str, sources: list[Source], conversation: str | None
) -> dict[str, Any]:
    """Has the pipeline answer from exactly the `sources`, in their order, which boosts keep."""
    parameters: dict[str, Any] = {"llm_model": knowledge.llm_model, "llm_question": question}
    parameters |= {"context_size": len(sources), "timeout": knowledge.rag_seconds}
    if conversation is not None:
        parameters |= {"memory_id": conversation, "message_size": ALL_TURNS}
    if knowledge.llm_response_field is not None:
        parameters["llm_response_field"] = knowledge.llm_response_field
    these = [
        {"constant_score": {"filter": {"ids": {"values": [one.id]}}, "boost": len(sources) - place}}
        for place, one in enumerate(sources)
    ]
    body = {
        "query": {"bool": {"should": these}},
        "size": len(sources),
        "_source": [knowledge.text_field],
        "ext": {"generative_qa_parameters": parameters},
    }
    path, pipeline = f"/{knowledge.index}/_search", {"search_pipeline": knowledge.search_pipeline}
    return domain.patiently("POST", path, params=pipeline, json=body, timeout=_timeout(knowledge))


def _timeout(knowledge: Knowledge) -> tuple[int, int]:
    return (CONNECT_SECONDS, knowledge.client_seconds)
