"""The request to the pipeline that answers: the shown passages, in their order, and the conversation."""

from __future__ import annotations

from typing import Any

import pytest

from rag.pipeline import ALL_TURNS, answer_in, asking


def parameters(**more: Any) -> dict[str, Any]:
    given = {"llm_model": "m", "llm_response_field": None, "conversation": None, "seconds": 9}
    body = asking("why?", ["b", "a"], text_field="text", **{**given, **more})
    generative_qa_parameters: dict[str, Any] = body["ext"]["generative_qa_parameters"]
    return generative_qa_parameters


def test_passages_are_asked_for_by_id_with_boosts_that_keep_their_order() -> None:
    body = asking(
        "why?", ["b", "a"], text_field="text", llm_model="m", llm_response_field=None, conversation=None, seconds=9
    )
    clauses = [item["constant_score"] for item in body["query"]["bool"]["should"]]
    assert [(clause["filter"]["ids"]["values"], clause["boost"]) for clause in clauses] == [(["b"], 2), (["a"], 1)]
    assert (body["size"], body["_source"]) == (2, ["text"])


def test_without_a_conversation_none_is_named() -> None:
    assert parameters() == {"llm_model": "m", "llm_question": "why?", "context_size": 2, "timeout": 9}


def test_all_turns_of_a_conversation_are_read() -> None:
    arguments = parameters(conversation="c", llm_response_field="answer")
    assert (arguments["memory_id"], arguments["message_size"], arguments["llm_response_field"]) == (
        "c",
        ALL_TURNS,
        "answer",
    )


@pytest.mark.parametrize(
    ("ext", "said"),
    [
        ({"ext": {"retrieval_augmented_generation": {"answer": " Yes.\n"}}}, "Yes."),
        ({"ext": {"retrieval_augmented_generation": {"answer": None}}}, ""),
        ({"ext": {"retrieval_augmented_generation": {}}}, ""),
        ({}, ""),
    ],
)
def test_an_answer_is_found_or_is_none(ext: dict[str, Any], said: str) -> None:
    assert answer_in(ext) == said
