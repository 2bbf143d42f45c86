"""Embedding providers against the wire shapes of their APIs."""

from typing import Any

import numpy as np
import pytest

from calls.starting import NO_CAPACITY
from rag.embedding import Embedding, embedding
from rag.embedding.openai import OpenAi
from rag.embedding.sagemaker import SageMakerEmbeddings
from rag.failures import AssistantRefused, Broken, RagFailure, Starting, Throttled, TimedOut, Unavailable
from sandbox.models.json_handler import JsonHandler, serving
from settings.embedding.openai import OpenAiEmbedding
from settings.runtime_settings import RuntimeSettings
from tests.served_at import served_at
from tests.unit import assistant_models
from tests.unit.assistant_models import SECRET, TIMEOUTS, HeldSecret, Models, budget

served, models = assistant_models.served, assistant_models.models

TEXTS = ["The shop opens at nine.", "Paris is the capital of France.", "It rains."]
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
TITAN = "amazon.titan-embed-text-v2:0"
CHOSEN: list[tuple[dict[str, Any], int]] = [
    ({"provider": "sagemaker", "endpoint": "e", "shape": "array", "dimension": 384}, 384),
    ({"provider": "sagemaker", "endpoint": "e", "shape": "inputs", "dimension": 384}, 384),
    ({"provider": "titan", "dimension": 256}, 256),
    ({"provider": "titan", "model": TITAN, "dimension": 1024}, 1024),
    ({"provider": "cohere", "dimension": 1024}, 1024),
]


def made(chosen: dict[str, Any], models: Models) -> Embedding:
    models.endpoint.update({"name": "e", "model": MINILM, "shape": chosen.get("shape")})
    settings = {
        "environment": "test",
        "search": {"endpoint": "https://127.0.0.1:1", "region": "us-east-1", "service": "aoss"},
        "index": {"name": "i", "text_field": "text", "embedding_field": "embedding"},
        "prompt": {"system": "s", "instructions": "i"},
        "embedding": chosen,
        "conversations": {"kind": "table", "table": "t", "callers": "c", "days": 1},
        "timeouts": TIMEOUTS.model_dump(),
    }
    return embedding(RuntimeSettings.model_validate(settings))


def openai(models: Models, secret: HeldSecret | None = None, **more: Any) -> OpenAi:
    settings = {"dimension": 512, "secret": SECRET, **more}
    chosen = served_at(models.at("api.openai.com/v1/embeddings"), OpenAiEmbedding, **settings)
    return OpenAi(chosen, TIMEOUTS, secret or HeldSecret())


def near(first: list[float], other: list[float]) -> float:
    a, b = np.array(first), np.array(other)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize(("chosen", "dimension"), CHOSEN)
def test_a_vector_for_each_text_in_order(models: Models, chosen: dict[str, Any], dimension: int) -> None:
    provider = made(chosen, models)
    vectors = provider.of_texts(TEXTS, budget())
    [question] = provider.of_question("What is France's capital?", budget())
    assert [len(vector) for vector in [*vectors, question]] == [dimension] * 4
    assert max(range(3), key=lambda place: near(vectors[place], question)) == 1


def test_openai(models: Models) -> None:
    vectors = openai(models).of_texts(TEXTS, budget())
    [question] = openai(models).of_question("What is France's capital?", budget())
    assert [len(vector) for vector in vectors] == [512] * 3
    assert max(range(3), key=lambda place: near(vectors[place], question)) == 1


@pytest.mark.parametrize("chosen", [chosen for chosen, _ in CHOSEN[1:3]])
@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ({"throttle": 1.0}, Throttled),
        ({"fail": 1.0, "fail_status": 503}, Unavailable),
        ({"fail": 1.0, "fail_status": 500}, Unavailable),
    ],
)
def test_faults(models: Models, chosen: dict[str, Any], fault: dict[str, Any], failure: type[RagFailure]) -> None:
    provider = made(chosen, models)
    models.server.control.set("sagemaker" if chosen["provider"] == "sagemaker" else "bedrock", fault)
    with pytest.raises(failure, match="The embedding model"):
        provider.of_question("a", budget(1))


def test_a_component_is_named_and_one_that_starts_says_when_it_answers(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str | None] = []

    class Starts(JsonHandler):
        def do_POST(self) -> None:
            self.body()
            sent.append(self.headers["X-Amzn-SageMaker-Inference-Component"])
            self.answer(400, {"message": NO_CAPACITY})

    chosen = {"provider": "sagemaker", "endpoint": "e", "component": "part", "dimension": 384}
    with serving(Starts) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        provider = made(chosen, models)
        assert isinstance(provider, SageMakerEmbeddings)
        with pytest.raises(Starting, match=r"The embedding model was stopped .* about 5 minutes") as raised:
            provider.of_question("a", budget())
    assert raised.value.retry_after == 300
    assert sent == ["part"]


def test_a_wrong_key_is_refused_forgotten_and_not_repeated(models: Models) -> None:
    secret = HeldSecret("sk-wrong-987654321")
    provider = openai(models, secret)
    with pytest.raises(AssistantRefused) as raised:
        provider.of_question("a", budget())
    assert "sk-wrong" not in f"{raised.value} {raised.value.said}"
    secret.held = assistant_models.KEY
    assert len(provider.of_question("a", budget())[0]) == 512
    assert secret.reads == 2


def test_a_text_that_the_model_does_not_take_is_broken_not_retried(models: Models) -> None:
    with pytest.raises(Broken, match="rejected"):
        openai(models).of_texts(["a", ""], budget())


def test_no_time_no_call(models: Models) -> None:
    provider = made(CHOSEN[2][0], models)
    with pytest.raises(TimedOut, match="took too long"):
        provider.of_question("a", budget(0))
    assert models.server.control.report()["bedrock"]["calls"] == 0
