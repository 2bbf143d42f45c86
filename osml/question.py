"""Asks one question: a neural search, whose pipeline lets a model answer from the hits if the recipe has one."""

from dataclasses import dataclass
from typing import Any

from osml.domain import Domain
from osml.failure import Failure
from osml.stack import Knowledge

CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Source:
    """A document that was found; `score` is the search engine's, higher is nearer."""

    id: str
    score: float
    text: str


@dataclass(frozen=True)
class Answer:
    """`text` is what `model` wrote from the `sources`; both are None where the recipe has no such model."""

    question: str
    text: str | None
    sources: list[Source]
    model: str | None
    took_ms: int


def ask(domain: Domain, knowledge: Knowledge, question: str, size: int = 4) -> Answer:
    """Searches `size` documents and returns them, with the model's answer where the recipe has such a model.

    Raises Failure when the search fails, when nothing was found, or when the answer model did not answer.
    """
    body: dict[str, Any] = {
        "query": {
            "neural": {
                knowledge.embedding_field: {
                    "query_text": question,
                    "model_id": knowledge.embedding_model_id,
                    "k": size,
                }
            }
        },
        "size": size,
        "_source": [knowledge.text_field],
    }
    if knowledge.answer_model_id is not None:
        parameters: dict[str, Any] = {"llm_model": knowledge.llm_model, "llm_question": question}
        parameters |= {"context_size": size, "timeout": knowledge.rag_seconds}
        if knowledge.llm_response_field is not None:
            parameters["llm_response_field"] = knowledge.llm_response_field
        body["ext"] = {"generative_qa_parameters": parameters}
    path = f"/{knowledge.index}/_search"
    found = domain.json(
        "POST",
        path,
        params={"search_pipeline": knowledge.search_pipeline},
        json=body,
        timeout=(CONNECT_SECONDS, knowledge.client_seconds),
    )
    hits: list[dict[str, Any]] = found["hits"]["hits"]
    if not hits:
        raise Failure(f"The index {knowledge.index} holds no document to find: load some with `osml ingest FILE`.")
    text = found.get("ext", {}).get("retrieval_augmented_generation", {}).get("answer")
    if not text and knowledge.answer_model_id is not None:
        raise Failure(
            f"The search found {len(hits)} documents, but the pipeline {knowledge.search_pipeline} gave no answer: "
            f"the answer of model {knowledge.answer_model_id} was not understood as {knowledge.llm_model}."
        )
    sources = [Source(hit["_id"], hit["_score"], hit["_source"][knowledge.text_field]) for hit in hits]
    return Answer(question, text, sources, knowledge.llm_model, found["took"])
