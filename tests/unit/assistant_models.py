"""The local model endpoints for tests of the assistant's providers, called as on AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from rag.aws_json import AwsService
from rag.budget import Budget
from rag.secret import StoredSecret
from sandbox.cache import cache_directory
from sandbox.models.assembly import model_server
from sandbox.models.server import ModelServer
from sandbox.models.weights import weights_directory
from settings.runtime_settings import RuntimeTimeouts

KEY = "sk-right-0123456789"
SECRET = {"name": "model", "key": "api_key"}
TIMEOUTS = RuntimeTimeouts(connection=5, embedding=30, answer=30)


class HeldSecret(StoredSecret):
    """A secret whose value the test sets; counts how often it was read."""

    def __init__(self, value: str = KEY) -> None:
        super().__init__(SECRET["name"], self._in_hand)
        self.held = value
        self.reads = 0

    def _in_hand(self, budget: Budget) -> dict[str, Any]:
        self.reads += 1
        return {"api_key": self.held}


@dataclass
class Models:
    """The endpoints at `url`; `endpoint` describes SageMaker's endpoint."""

    url: str
    server: ModelServer
    endpoint: dict[str, Any]

    def at(self, host: str) -> str:
        return f"{self.url}/_aws/{host}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    key = tmp_path_factory.mktemp("models") / "key"
    key.write_text(KEY)
    server = model_server(0, weights_directory(cache_directory()), key)
    with server.running() as url:
        yield Models(url, server, {})


def hold_endpoint(patch: pytest.MonkeyPatch, endpoint: dict[str, Any]) -> None:
    """Let signed requests describe SageMaker's endpoint in a header, as the front of the local cloud does."""
    post = AwsService.post

    def posted(service: AwsService, path: str, body: Any, budget: Budget, most: float, headers: Any) -> Any:
        return post(service, path, body, budget, most, {**headers, "x-sandbox-endpoint": json.dumps(endpoint)})

    patch.setattr(AwsService, "post", posted)
    patch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def models(served: Models, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    runtime = served.at("runtime.sagemaker.us-east-1.amazonaws.com")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", runtime)
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", served.at("bedrock-runtime.us-east-1.amazonaws.com"))
    session = boto3.Session(region_name="us-east-1")

    def hold(request: Any, **_: Any) -> None:
        request.headers["x-sandbox-endpoint"] = json.dumps(served.endpoint)

    session.events.register("before-sign.sagemaker-runtime.*", hold)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    hold_endpoint(monkeypatch, served.endpoint)
    yield served
    for provider in ("sagemaker", "bedrock", "deepseek", "openai"):
        served.server.control.reset(provider)


def budget(seconds: float = 30) -> Budget:
    return Budget(seconds)
