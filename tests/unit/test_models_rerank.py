"""Bedrock runtime: rerank models, what they find best and what they refuse."""

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.cache import cache_directory
from sandbox.models.assembly import model_server
from sandbox.models.weights import weights_directory

COHERE, AMAZON = "cohere.rerank-v3-5:0", "amazon.rerank-v1:0"
PASSAGES = [
    "The kettle holds a litre. It is made of steel.",
    "A long text about many things. Clean the filter of the pump once a month. Then comes more that matters little.",
    "Lamps of the series B are dimmed with the left knob.",
]
ASKED = {"query": "How often must I clean the pump's filter?", "documents": PASSAGES}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    key = tmp_path_factory.mktemp("models") / "key"
    with model_server(0, weights_directory(cache_directory()), key).running() as url:
        yield url


def invoke(server: str, body: Any, model: str) -> requests.Response:
    name = urllib.parse.quote(model, safe="")
    url = f"{server}/_aws/bedrock-runtime.us-east-1.amazonaws.com/model/{name}/invoke"
    return requests.post(url, data=json.dumps(body), timeout=20)


@pytest.mark.parametrize(("model", "more"), [(COHERE, {"api_version": 2}), (AMAZON, {})])
def test_the_passage_that_answers_comes_first(server: str, model: str, more: dict[str, Any]) -> None:
    results = invoke(server, {**ASKED, **more}, model).json()["results"]
    scores = [result["relevance_score"] for result in results]
    assert results[0]["index"] == 1
    assert sorted(result["index"] for result in results) == [0, 1, 2]
    assert scores == sorted(scores, reverse=True)
    assert 1 >= scores[0] > 0.5 > scores[1] >= 0


def test_only_the_best_when_asked_for(server: str) -> None:
    assert [result["index"] for result in invoke(server, {**ASKED, "top_n": 1}, AMAZON).json()["results"]] == [1]


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
    answer = invoke(server, {**ASKED, **change}, model)
    assert answer.status_code == 400
    assert reason in answer.json()["message"]
