"""Asks one question: a neural search whose search pipeline lets the model answer from the hits."""

from dataclasses import dataclass
from typing import Any

from osml.domain import Domain
from osml.failure import Failure
from osml.stack import Knowledge


@dataclass(frozen=True)
class Source:
    """A document the answer rests on; `score` is the search engine's, higher is nearer."""

    id: str
    score: float
    text: str


@dataclass(frozen=True)
class Answer:
    question: str
    text: str
    sources: list[Source]
    model: str
    took_ms: int


def ask(domain: Domain, knowledge: Knowledge, question: str, size: int = 4) -> Answer:
    """Searches `size` documents and returns the model's answer with them.

    Raises Failure when the search fails, when nothing was found, or when the answer model did not answer.
    """
    body = {
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
        "ext": {
            "generative_qa_parameters": {
                "llm_model": knowledge.llm_model,
                "llm_question": question,
                "context_size": size,
                "timeout": 60,
            }
        },
    }
    path = f"/{knowledge.index}/_search"
    found = domain.json("POST", path, params={"search_pipeline": knowledge.search_pipeline}, json=body)
    hits: list[dict[str, Any]] = found["hits"]["hits"]
    if not hits:
        raise Failure(
            f"The index {knowledge.index} holds no document to answer from: load some with `osml ingest FILE`."
        )
    text = found.get("ext", {}).get("retrieval_augmented_generation", {}).get("answer")
    if not text:
        raise Failure(
            f"The search found {len(hits)} documents, but the pipeline {knowledge.search_pipeline} gave no answer: "
            f"the answer of model {knowledge.answer_model_id} was not understood as {knowledge.llm_model}."
        )
    sources = [Source(hit["_id"], hit["_score"], hit["_source"][knowledge.text_field]) for hit in hits]
    return Answer(question, text, sources, knowledge.llm_model, found["took"])
