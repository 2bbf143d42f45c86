"""SageMaker runtime: a sparse encoder's weights of words."""

import json
from typing import Any

import pytest
import requests

from tests.sandbox import model_endpoints

server = model_endpoints.server

HELD = {"name": "neural-sparse", "model": "opensearch-project/opensearch-neural-sparse-encoding-v2-distill"}


def invoke(server: str, body: Any) -> requests.Response:
    url = f"{server}/_aws/runtime.sagemaker.us-east-1.amazonaws.com/endpoints/neural-sparse/invocations"
    return requests.post(url, data=json.dumps(body), headers={"x-sandbox-endpoint": json.dumps(HELD)}, timeout=60)


def test_each_text_has_its_words_and_those_related_to_them(server: str) -> None:
    rug, marks = invoke(server, {"texts": ["The rug, the rug.", "..."]}).json()
    assert marks == {}
    assert rug["rug"] > rug["carpet"] > 0
    assert rug["rug"] > rug.get("the", 0)
    assert all(weight > 0 and "." not in word for word, weight in rug.items())


def test_one_text_is_a_list_of_one(server: str) -> None:
    assert invoke(server, {"texts": "rug"}).json() == invoke(server, {"texts": ["rug"]}).json()


@pytest.mark.parametrize(
    "body", [{}, {"texts": []}, {"texts": [1]}, ["rug"], {"texts": ["a"], "sparse_embedding_format": "x"}]
)
def test_what_does_not_fit_is_refused(server: str, body: Any) -> None:
    answer = invoke(server, body)
    assert answer.status_code == 424
    assert "texts must be strings" in answer.text
