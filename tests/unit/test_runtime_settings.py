"""What functions learn about a model is what the environment sets, for every provider."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from rag import answer_model, embedding
from settings import Environment, load
from settings import answer as answers
from settings import embedding as embeddings
from settings.index import IndexNames
from settings.model_settings import model_class, providers
from settings.runtime_settings import EngineEmbedding, Memory, PipelineAnswer, RuntimeSearch, RuntimeSettings

SECRET = {"name": "osml/key"}
EMBEDDINGS: dict[str, dict[str, Any]] = {
    "cohere": {"dimension": 1024, "region": "eu-west-1"},
    "openai": {"dimension": 512, "secret": SECRET, "host": "ai.example.com"},
    "sagemaker": {"dimension": 384, "instance_type": "ml.c6i.large"},
    "titan": {"dimension": 512},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "bedrock": {"region": "us-east-1"},
    "bedrock-converse": {"model": "us.amazon.nova-lite-v1:0", "temperature": 0.5, "region": "us-east-1"},
    "deepseek": {"secret": SECRET, "thinking": True},
    "openai": {"model": "m", "endpoint": "api.example.com", "secret": {**SECRET, "key": "k"}, "max_tokens": 9},
    "sagemaker": {"size": "7B", "scaling": {"maximum": 2}},
}


def environment(folder: Path, embedding: dict[str, Any], answer: dict[str, Any]) -> Environment:
    settings = {"recipe": "serverless", "embedding": embedding, "answer": answer}
    (folder / "one.yaml").write_text(yaml.safe_dump(settings))
    return load("one", folder)


def runtime_settings(environment: Environment) -> RuntimeSettings:
    """The settings as a function reads them."""
    assert environment.answer is not None
    written = RuntimeSettings(
        environment=environment.name,
        search=RuntimeSearch(endpoint="https://e", region="us-east-1", service="aoss"),
        index=IndexNames(name="passages"),
        prompt=environment.prompt,
        embedding=environment.embedding.for_runtime(environment),
        answer=environment.answer.for_runtime(environment),
        conversations=Memory(kind="memory"),
    )
    return RuntimeSettings.model_validate_json(written.model_dump_json())


def test_each_provider_is_tried() -> None:
    assert sorted(EMBEDDINGS) == providers(embeddings)
    assert sorted([*ANSWERS, "custom"]) == providers(answers)


@pytest.mark.parametrize("provider", EMBEDDINGS)
def test_a_model_that_embeds(tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made = environment(tmp_path, {"provider": provider, **EMBEDDINGS[provider]}, {"provider": "bedrock"})
    parsed = runtime_settings(made)
    assert parsed.embedding == made.embedding.for_runtime(made)
    assert type(parsed.embedding) is model_class(embeddings, provider)
    assert embedding.embedding(parsed)


@pytest.mark.parametrize("provider", ANSWERS)
def test_a_model_that_answers(tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made = environment(tmp_path, {"provider": "titan", "dimension": 512}, {"provider": provider, **ANSWERS[provider]})
    parsed = runtime_settings(made)
    assert made.answer is not None
    assert parsed.answer == made.answer.for_runtime(made)
    assert answer_model.model(parsed).name


def test_an_endpoint_that_is_made_is_called_by_its_name_and_its_component(tmp_path: Path) -> None:
    made = environment(tmp_path, {"provider": "sagemaker", "dimension": 384}, {"provider": "sagemaker", "scaling": {}})
    dumped = runtime_settings(made).model_dump(mode="json")
    assert dumped["embedding"] == {"provider": "sagemaker", "endpoint": "osml-one-embedding", "dimension": 384}
    assert dumped["answer"] == {"provider": "sagemaker", "endpoint": "osml-one-answer", "component": "osml-one-answer"}


def test_what_an_engine_does_itself(tmp_path: Path) -> None:
    made = runtime_settings(environment(tmp_path, {"provider": "titan", "dimension": 512}, {"provider": "bedrock"}))
    pipeline = PipelineAnswer(search_pipeline="p", llm_model="l", model="m")
    written = made.model_copy(update={"embedding": EngineEmbedding(), "answer": pipeline}).model_dump(mode="json")
    parsed = RuntimeSettings.model_validate_json(json.dumps(written))
    assert (parsed.embedding, parsed.answer) == (EngineEmbedding(), pipeline)


def test_an_unknown_provider_is_named(tmp_path: Path) -> None:
    made = runtime_settings(environment(tmp_path, {"provider": "titan", "dimension": 512}, {"provider": "bedrock"}))
    written = {**made.model_dump(mode="json"), "embedding": {"provider": "mistral"}}
    with pytest.raises(
        ValidationError, match="provider is 'mistral', but can be cohere, openai, sagemaker, titan only"
    ):
        RuntimeSettings.model_validate(written)
