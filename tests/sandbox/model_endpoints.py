"""The local model endpoints of a test module, as `osml sandbox up` starts them."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.cache import cache_directory
from sandbox.models.assembly import model_server
from sandbox.models.weights import weights_directory

KEY = "sk-a"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the endpoints; the chat and embedding APIs accept `KEY`."""
    key = tmp_path_factory.mktemp("models") / "key"
    key.write_text(KEY)
    with model_server(0, weights_directory(cache_directory()), key).running() as url:
        yield url


def bedrock(server: str, model: str, body: Any, action: str = "invoke") -> requests.Response:
    """Call Bedrock's runtime; a `body` of bytes is sent unchanged, any other as JSON."""
    name = urllib.parse.quote(model, safe="")
    url = f"{server}/_aws/bedrock-runtime.us-east-1.amazonaws.com/model/{name}/{action}"
    return requests.post(url, data=body if isinstance(body, bytes) else json.dumps(body), timeout=60)


def assert_invalid(answer: requests.Response, reason: str) -> None:
    """Check that the answer is a ValidationException whose message contains the reason."""
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"].partition(":")[0]) == (400, "ValidationException")
    assert reason in answer.json()["message"]
