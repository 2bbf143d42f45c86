"""OpenAI's embeddings API: vectors, lengths, and its errors."""

import base64
import json
from typing import Any

import numpy as np
import pytest
import requests

from tests.sandbox import model_endpoints

server = model_endpoints.server

SMALL = {"model": "text-embedding-3-small", "input": ["a cat", "a dog"]}


def embed(server: str, body: Any, key: str | None = "Bearer sk-a", path: str = "/v1/embeddings") -> requests.Response:
    headers = {"Authorization": key} if key else {}
    data = body if isinstance(body, bytes) else json.dumps(body)
    return requests.post(f"{server}/_aws/api.openai.com{path}", data=data, headers=headers, timeout=60)


@pytest.mark.parametrize(
    ("change", "width"),
    [
        ({}, 1536),
        ({"dimensions": 256}, 256),
        ({"model": "text-embedding-3-large"}, 3072),
        ({"model": "text-embedding-ada-002"}, 1536),
    ],
)
def test_width_and_length(server: str, change: dict[str, Any], width: int) -> None:
    answer = embed(server, {**SMALL, **change}).json()
    vectors = [item["embedding"] for item in answer["data"]]
    assert [item["index"] for item in answer["data"]] == [0, 1]
    assert [len(vector) for vector in vectors] == [width, width]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert answer["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


def test_one_text_and_base64(server: str) -> None:
    plain = embed(server, {**SMALL, "input": "a cat"}).json()["data"][0]["embedding"]
    encoded = embed(server, {**SMALL, "input": "a cat", "encoding_format": "base64"}).json()["data"][0]["embedding"]
    assert np.frombuffer(base64.b64decode(encoded), dtype="<f4") == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({**SMALL, "model": "text-embedding-4"}, 404, "The model `text-embedding-4` does not exist"),
        ({"input": "a"}, 400, "you must provide a model parameter"),
        ({"model": SMALL["model"]}, 400, "'$.input' is invalid"),
        ({**SMALL, "input": ["a", ""]}, 400, "'$.input' is invalid"),
        ({**SMALL, "input": ["a"] * 2049}, 400, "'$.input' is invalid"),
        ({**SMALL, "input": "a " * 9000}, 400, "maximum context length is 8192 tokens"),
        ({**SMALL, "dimensions": 1537}, 400, "must be between 1 and 1536"),
        ({**SMALL, "dimensions": 512.0}, 400, "must be between 1 and 1536"),
        (
            {**SMALL, "model": "text-embedding-ada-002", "dimensions": 256},
            400,
            "does not support specifying dimensions",
        ),
        ({**SMALL, "texts": []}, 400, "Unrecognized request argument supplied: texts"),
        ({**SMALL, "encoding_format": "int8"}, 400, "'int8' is not one of"),
        (b'{"input": "a"', 400, "could not parse the JSON body"),
        ([], 400, "expected a JSON object"),
    ],
)
def test_what_is_refused(server: str, body: Any, status: int, message: str) -> None:
    refused = embed(server, body)
    assert refused.status_code == status
    assert message in refused.json()["error"]["message"]
    assert refused.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(("key", "said"), [(None, "didn't provide an API key"), ("Bearer sk-b", "Incorrect API key")])
def test_the_key_is_looked_at_first_and_not_repeated(server: str, key: str | None, said: str) -> None:
    refused = embed(server, b"", key)
    assert refused.status_code == 401
    assert said in refused.json()["error"]["message"]
    assert "sk-b" not in refused.text


def test_it_lists_its_models(server: str) -> None:
    url = f"{server}/_aws/api.openai.com/v1/models"
    listed = requests.get(url, headers={"Authorization": "Bearer sk-a"}, timeout=60).json()
    assert "text-embedding-3-small" in [document["id"] for document in listed["data"]]
    assert requests.get(url, timeout=60).status_code == 401


def test_another_path_is_not_there(server: str) -> None:
    assert embed(server, SMALL, path="/v1/embedding").json()["error"]["message"] == "Invalid URL (POST /v1/embedding)"
