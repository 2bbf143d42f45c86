"""Bedrock runtime: Cohere's text embeddings v3, and what they refuse."""

from typing import Any

import numpy as np
import pytest
import requests

from tests.sandbox import model_endpoints
from tests.sandbox.model_endpoints import assert_invalid, bedrock

server = model_endpoints.server

ENGLISH = "cohere.embed-english-v3"
TEXTS = {"texts": ["a cat", "a dog"], "input_type": "search_document"}


def invoke(server: str, body: Any, model: str = ENGLISH) -> requests.Response:
    return bedrock(server, model, body)


@pytest.mark.parametrize(
    "model",
    [ENGLISH, "cohere.embed-multilingual-v3", f"arn:aws:bedrock:us-east-1::foundation-model/{ENGLISH}"],
)
def test_one_vector_of_1024_for_each_text(server: str, model: str) -> None:
    answer = invoke(server, TEXTS, model).json()
    assert np.linalg.norm(answer["embeddings"], axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert [len(vector) for vector in answer["embeddings"]] == [1024, 1024]
    assert (answer["texts"], answer["response_type"]) == (TEXTS["texts"], "embeddings_floats")


def test_types_are_grouped_when_asked_for(server: str) -> None:
    answer = invoke(server, {**TEXTS, "embedding_types": ["float"]}).json()
    assert answer["response_type"] == "embeddings_by_type"
    assert answer["embeddings"]["float"] == invoke(server, TEXTS).json()["embeddings"]


def test_96_texts_are_one_call(server: str) -> None:
    answer = invoke(server, {**TEXTS, "texts": ["a"] * 96})
    assert len(answer.json()["embeddings"]) == 96


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"texts": ["a"] * 97}, "#/texts: expected maximum size: [96], found: 97"),
        ({"texts": []}, "#/texts: expected minimum item count: 1, found: 0"),
        ({"texts": "a"}, "#/texts: expected type: JSONArray of String, found: String"),
        ({"texts": ["a" * 2049]}, "#/texts/0: expected maxLength: 2048, actual: 2049"),
        ({"texts": ["a " * 600]}, "#/texts/0: too many tokens, 512 at most unless truncate is set"),
        ({"input_type": "document"}, "#/input_type: document is not a valid enum value"),
        ({"truncate": "MIDDLE"}, "#/truncate: MIDDLE is not a valid enum value"),
        ({"embedding_types": ["int8"]}, '#/embedding_types: only ["float"] is answered here'),
        ({"inputText": "a"}, "#: extraneous key [inputText] is not permitted"),
    ],
)
def test_what_does_not_fit_the_schema(server: str, change: dict[str, Any], reason: str) -> None:
    assert_invalid(invoke(server, {**TEXTS, **change}), reason)


def test_a_long_text_is_cut_when_asked_to(server: str) -> None:
    assert invoke(server, {**TEXTS, "texts": ["a " * 600], "truncate": "END"}).ok


def test_the_type_of_input_is_required(server: str) -> None:
    assert_invalid(invoke(server, {"texts": ["a"]}), "#: required key [input_type] not found")
