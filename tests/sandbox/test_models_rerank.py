"""Bedrock runtime: rerank models, their order and their refusals."""

from typing import Any

import pytest

from tests.sandbox import model_endpoints
from tests.sandbox.model_endpoints import assert_invalid, bedrock

server = model_endpoints.server

COHERE, AMAZON = "cohere.rerank-v3-5:0", "amazon.rerank-v1:0"
PASSAGES = [
    "The kettle holds a litre. It is made of steel.",
    "A long text about many things. Clean the filter of the pump once a month. Then comes more that matters little.",
    "Lamps of the series B are dimmed with the left knob.",
]
ASKED = {"query": "How often must I clean the pump's filter?", "documents": PASSAGES}


@pytest.mark.parametrize(("model", "more"), [(COHERE, {"api_version": 2}), (AMAZON, {})])
def test_the_passage_that_answers_comes_first(server: str, model: str, more: dict[str, Any]) -> None:
    results = bedrock(server, model, {**ASKED, **more}).json()["results"]
    scores = [result["relevance_score"] for result in results]
    assert results[0]["index"] == 1
    assert sorted(result["index"] for result in results) == [0, 1, 2]
    assert scores == sorted(scores, reverse=True)
    assert 1 >= scores[0] > 0.5 > scores[1] >= 0


def test_only_the_best_when_asked_for(server: str) -> None:
    assert [result["index"] for result in bedrock(server, AMAZON, {**ASKED, "top_n": 1}).json()["results"]] == [1]


@pytest.mark.parametrize(
    ("model", "change", "reason"),
    [
        (COHERE, {}, "#: required key [api_version] not found"),
        (COHERE, {"api_version": 1}, "#/api_version: only 2 is answered here"),
        (AMAZON, {"api_version": 2}, "#: extraneous key [api_version] is not permitted"),
        (AMAZON, {"documents": "a"}, "#/documents: expected type: JSONArray of String, found: String"),
        (AMAZON, {"documents": ["a"] * 1001}, "expected maximum size: [1000], found: 1001"),
        (AMAZON, {"query": ""}, "#/query: expected type: String of one letter or more"),
        (AMAZON, {"top_n": 0}, "#/top_n: expected an integer of 1 or more"),
    ],
)
def test_what_does_not_fit_is_refused(server: str, model: str, change: dict[str, Any], reason: str) -> None:
    assert_invalid(bedrock(server, model, {**ASKED, **change}), reason)
