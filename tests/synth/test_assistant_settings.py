"""The assistant's stack: the settings of each function, and which model answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.synth import assistant_templates
from tests.synth.assistant_templates import DOMAIN, LOG, Flat, OfType, Other, Templates

other = assistant_templates.other
settings_of = assistant_templates.settings_of
allowed = assistant_templates.allowed


CHAT = {"name": "osml/llm", "key": "api_key"}


RECIPES_OF = {
    "deepseek": "deepseek-api",
    "openai": "openai-chat",
    "sagemaker": "deepseek-sagemaker",
    "bedrock": "deepseek-bedrock",
    "bedrock-converse": "bedrock-converse",
}
ANSWERS: list[dict[str, Any]] = [
    {"provider": "deepseek", "secret": CHAT},
    {"provider": "openai", "model": "m", "endpoint": "llm.example.com", "secret": CHAT},
    {"provider": "sagemaker"},
    {"provider": "sagemaker", "endpoint": "r1", "component": "one", "region": "us-east-1"},
    {"provider": "bedrock", "region": "us-east-1"},
    {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0", "region": "us-east-1"},
]


EMBEDDINGS: list[dict[str, Any]] = [
    {"provider": "sagemaker", "endpoint": "mini", "shape": "array", "dimension": 384},
    {"provider": "titan", "model": "amazon.titan-embed-text-v1", "dimension": 1536},
    {"provider": "cohere", "dimension": 1024},
    {"provider": "openai", "dimension": 256, "secret": CHAT},
]


@pytest.mark.parametrize(
    "groups",
    [{"answer": answer} for answer in ANSWERS] + [{"embedding": embedding} for embedding in EMBEDDINGS],
    ids=lambda groups: "-".join(f"{name}-{group['provider']}" for name, group in groups.items()),
)
def test_the_functions_can_read_their_settings(other: Other, settings_of: Any, groups: dict[str, Any]) -> None:
    from settings.runtime_settings import RuntimeSettings

    template = other("sandbox-aoss", **groups)
    for function in ("Ask", "Documents"):
        settings = RuntimeSettings.model_validate(settings_of(template, function))
        assert settings.search.service == "aoss"
        for name, group in groups.items():
            assert getattr(settings, name).provider == group["provider"]


@pytest.mark.parametrize("thinking", [False, True])
def test_the_functions_know_whether_the_model_reasons(other: Other, settings_of: Any, thinking: bool) -> None:
    from settings.answer.deepseek import DeepSeekAnswer
    from settings.runtime_settings import RuntimeSettings

    template = other("sandbox-aoss", answer={"provider": "deepseek", "secret": CHAT, "thinking": thinking})
    settings = RuntimeSettings.model_validate(settings_of(template, "Ask"))
    assert isinstance(settings.answer, DeepSeekAnswer)
    assert settings.answer.thinking is thinking


@pytest.mark.parametrize("environment", ["sandbox", "dev", "qa", "prod"])
def test_on_a_domain_the_engine_embeds_and_the_function_answers(
    templates: Callable[[str], Templates], settings_of: Any, allowed: Any, flat: Flat, of_type: OfType, environment: str
) -> None:
    from settings.answer.deepseek import DeepSeekAnswer
    from settings.runtime_settings import RuntimeSettings

    template = templates(environment)[f"osml-{environment}-assistant"]
    settings = RuntimeSettings.model_validate(settings_of(template, "Ask"))
    assert isinstance(settings.answer, DeepSeekAnswer)
    assert settings.embedding.provider == "model"
    assert (settings.answer.model, settings.conversations.kind) == ("deepseek-flash", "index")
    (index,) = (
        json.loads(flat(resource["Properties"]["Spec"])) for resource in of_type(template, "Custom::MlIndex").values()
    )
    assert index["name"] == getattr(settings.conversations, "name", None) == "passages-conversations"
    assert settings_of(template, "Ask") == settings_of(template, "Documents")
    # The pipeline has the same prompt, for clients that ask the engine directly.
    pipelines = of_type(templates(environment)[f"osml-{environment}-knowledge"], "Custom::MlSearchPipeline").values()
    specs = [json.loads(flat(pipeline["Properties"]["Spec"])) for pipeline in pipelines]
    (answers,) = [spec for spec in specs if spec["name"] == "passages-answer"]
    (rag,) = [processor["retrieval_augmented_generation"] for processor in answers["pipeline"]["response_processors"]]
    prompt = settings.prompt
    assert (rag["system_prompt"], rag["user_instructions"]) == (prompt.system, prompt.instructions)


def test_the_pipeline_answers_where_nobody_else_is_to(
    other: Other, settings_of: Any, allowed: Any, of_type: OfType
) -> None:
    from settings.runtime_settings import PipelineAnswer, RuntimeSettings

    template = other("sandbox", assistant={"streaming": False})
    settings = RuntimeSettings.model_validate(settings_of(template, "Ask"))
    assert isinstance(settings.answer, PipelineAnswer)
    assert (settings.answer.search_pipeline, settings.answer.model) == ("passages-answer", "deepseek-flash")
    memory = f"{DOMAIN.replace('osml-sandbox', 'osml-other')}/_plugins/_ml/memory"
    ask = allowed(template, "AskPolicy")
    assert set(ask) == LOG | {"es:ESHttpGet", "es:ESHttpPost"}
    # The pipeline reads conversations from the engine's memory.
    assert settings.conversations.kind == "memory"
    assert {memory, f"{memory}/*"} <= set(ask["es:ESHttpPost"])
    assert of_type(template, "Custom::MlIndex") == {}
    assert "es:ESHttpDelete" not in allowed(template, "DocumentsPolicy")


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: "-".join(map(str, answer.values()))[:40])
def test_on_a_domain_ask_may_call_its_answer_model_as_a_stream_and_nothing_else(
    other: Other, settings_of: Any, allowed: Any, answer: dict[str, Any]
) -> None:
    from settings.runtime_settings import RuntimeSettings

    template = other("sandbox", recipe=RECIPES_OF[answer["provider"]], answer=answer)
    assert RuntimeSettings.model_validate(settings_of(template, "Ask")).answer.provider == answer["provider"]  # type: ignore[union-attr]
    action = {
        "bedrock": "bedrock:InvokeModelWithResponseStream",
        "bedrock-converse": "bedrock:InvokeModelWithResponseStream",
        "sagemaker": "sagemaker:InvokeEndpointWithResponseStream",
    }.get(answer["provider"], "secretsmanager:GetSecretValue")
    assert set(allowed(template, "AskPolicy")) == LOG | {"es:ESHttpGet", "es:ESHttpPost", action}
    assert action not in allowed(template, "DocumentsPolicy")


def test_settings_that_no_function_could_hold_are_one_sentence(other: Other) -> None:
    from settings import SettingError

    with pytest.raises(
        SettingError,
        match=r"assistant\.models and assistant\.access make the settings .* shorten them by",
    ):
        other("sandbox", prompt={"system": "Be kind. " * 400})
