"""Requests to the engine's retrieval_augmented_generation processor, and its answers."""

from collections.abc import Sequence
from typing import Any

# The number of turns that the processor reads. ml-commons 3.4 reads the first turns of a memory, not the last, so a
# small number would hide the latest turns.
ALL_TURNS = 50


def asking(
    question: str,
    ids: Sequence[str],
    *,
    text_field: str,
    llm_model: str | None,
    llm_response_field: str | None,
    conversation: str | None,
    seconds: int,
) -> dict[str, Any]:
    """The body of a search whose pipeline answers within `seconds` from exactly the passages with these ids.

    The query is for ids, with boosts that keep their order. So the question is not embedded again, and the model reads
    exactly the passages that are shown. If there is a `conversation`, the processor reads it and adds the turn.
    """
    parameters: dict[str, Any] = {
        "llm_model": llm_model,
        "llm_question": question,
        "context_size": len(ids),
        "timeout": seconds,
    }
    if conversation is not None:
        parameters |= {"memory_id": conversation, "message_size": ALL_TURNS}
    if llm_response_field is not None:
        parameters["llm_response_field"] = llm_response_field
    return {
        "query": {"bool": {"should": [_exactly(id, len(ids) - place) for place, id in enumerate(ids)]}},
        "size": len(ids),
        "_source": [text_field],
        "ext": {"generative_qa_parameters": parameters},
    }


def answer_in(response: dict[str, Any]) -> str:
    """The model's answer; empty if the pipeline gave none."""
    return str(response.get("ext", {}).get("retrieval_augmented_generation", {}).get("answer") or "").strip()


def _exactly(id: str, boost: int) -> dict[str, Any]:
    return {"constant_score": {"filter": {"ids": {"values": [id]}}, "boost": boost}}
