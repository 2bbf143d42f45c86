"""What an environment may say about the model that answers, recipe by recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Environment, SettingError, load
from settings.answer.bedrock import BedrockAnswer
from settings.answer.bedrock_converse import ConverseAnswer
from settings.answer.deepseek import DeepSeekAnswer
from settings.answer.sagemaker import SIZES, SageMakerAnswer

SANDBOX = Path(__file__).resolve().parents[2] / "environments" / "sandbox.yaml"
IMPORTED = "arn:aws:bedrock:eu-central-1:111122223333:imported-model/abc123"
SECRET = {"name": "osml/other/key"}
CONNECTOR: dict[str, Any] = {
    "protocol": "http",
    "parameters": {"host": "llm.example.com"},
    "actions": [
        {
            "action_type": "predict",
            "method": "POST",
            "url": "https://${parameters.host}/generate",
            "headers": {"Authorization": "Bearer ${credential.secretArn.api_key}"},
            "request_body": '{"prompt": "${parameters.inputs}", "n": ${parameters.n:-1}}',
        }
    ],
}
CUSTOM = {"connector": CONNECTOR, "llm_model": "bedrock/mine", "secret": SECRET}


def written(folder: Path, recipe: str, answer: object = None, **more: Any) -> Path:
    settings = yaml.safe_load(SANDBOX.read_text())
    del settings["answer"]
    settings |= {"recipe": recipe, **more}
    if answer is not None:
        settings["answer"] = answer
    (folder / "other.yaml").write_text(yaml.safe_dump(settings))
    return folder


def loaded(folder: Path, recipe: str, answer: object = None, **more: Any) -> Environment:
    return load("other", written(folder, recipe, answer, **more))


def refused(folder: Path, recipe: str, answer: object = None, **more: Any) -> str:
    with pytest.raises(SettingError) as caught:
        loaded(folder, recipe, answer, **more)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence.partition("other.yaml: ")[2]


def action(**changes: Any) -> dict[str, Any]:
    """The custom answer with a changed action."""
    (first,) = CONNECTOR["actions"]
    return {**CUSTOM, "connector": {**CONNECTOR, "actions": [{**first, **changes}]}}


@pytest.mark.parametrize(
    ("recipe", "answer", "provider"),
    [
        ("deepseek-sagemaker", None, "sagemaker"),
        ("deepseek-bedrock", None, "bedrock"),
        ("deepseek-api", {"secret": SECRET}, "deepseek"),
        ("bedrock-converse", {"model": "us.amazon.nova-lite-v1:0"}, "bedrock-converse"),
        ("openai-chat", {"model": "m", "endpoint": "api.example.com", "secret": SECRET}, "openai"),
        ("custom", CUSTOM, "custom"),
    ],
)
def test_the_recipe_chooses_the_provider(tmp_path: Path, recipe: str, answer: object, provider: str) -> None:
    environment = loaded(tmp_path, recipe, answer)
    assert environment.answer is not None
    assert environment.answer.provider == provider
    assert list(environment.secrets) == (["answer"] if provider in ("deepseek", "openai", "custom") else [])


def test_every_size_has_a_machine_and_time_to_load(tmp_path: Path) -> None:
    for size, wanted in SIZES.items():
        answer = loaded(tmp_path, "deepseek-sagemaker", {"size": size}).answer
        assert isinstance(answer, SageMakerAnswer)
        assert (answer.hub_model, answer.machine, answer.load_seconds) == (
            wanted.model,
            wanted.instance_type,
            wanted.health_check_seconds,
        )
        assert answer.accelerators == {"ml.g6.2xlarge": 1, "ml.g6.12xlarge": 4, "ml.g6.48xlarge": 8}[answer.machine]


def test_a_reasoning_model_has_more_time_by_default(tmp_path: Path) -> None:
    waits = loaded(tmp_path, "deepseek-bedrock").timeouts.waits
    assert waits == {"answer": 120, "rag": 125, "api": 130, "client": 135}
    chosen = loaded(tmp_path, "deepseek-bedrock", timeouts={"answer": 20, "client": 90}).timeouts.waits
    assert chosen == {"answer": 20, "rag": 25, "api": 30, "client": 90}


def test_a_profile_leads_to_its_models_regions() -> None:
    managed = BedrockAnswer(provider="bedrock")
    assert (managed.profile, managed.foundation_model) == ("us.deepseek.r1-v1:0", "deepseek.r1-v1:0")
    assert managed.destinations == ("us-east-1", "us-east-2", "us-west-2")
    assert not managed.imported
    imported = BedrockAnswer(provider="bedrock", model=IMPORTED)
    assert (imported.profile, imported.foundation_model, imported.destinations) == (None, None, ())
    assert imported.imported
    assert imported.model_region("us-east-1") == "eu-central-1"
    nova = ConverseAnswer(provider="bedrock-converse", model="amazon.nova-lite-v1:0")
    assert (nova.profile, nova.foundation_model) == (None, nova.model)
    everywhere = ConverseAnswer(provider="bedrock-converse", model="global.anthropic.claude-sonnet-4-6")
    assert (everywhere.foundation_model, everywhere.destinations) == ("anthropic.claude-sonnet-4-6", ())


def test_a_chat_model_reasons_only_on_request_and_then_has_more_time(tmp_path: Path) -> None:
    silent = loaded(tmp_path, "deepseek-api", {"secret": SECRET})
    assert isinstance(silent.answer, DeepSeekAnswer)
    assert (silent.answer.model, silent.answer.thinking, silent.timeouts.answer) == ("deepseek-flash", False, 60)
    thinking = loaded(tmp_path, "deepseek-api", {"secret": SECRET, "thinking": True})
    assert thinking.timeouts.answer == 120
    assert loaded(tmp_path, "deepseek-api", {"secret": SECRET, "thinking": True, "max_tokens": 4096}).answer


@pytest.mark.parametrize(
    ("recipe", "answer", "more", "sentence"),
    [
        (
            "deepseek-api",
            {"secret": SECRET, "thinking": True, "max_tokens": 1024},
            {},
            "answer: max_tokens is 1024, but with thinking the reasoning also counts; set 4096 or more, or leave "
            "max_tokens out.",
        ),
        (
            "deepseek-api",
            {"secret": SECRET, "thinking": True, "temperature": 0.2},
            {},
            "answer: temperature has no effect on a model that thinks; leave temperature or thinking out.",
        ),
        (
            "deepseek-bedrock",
            {"provider": "sagemaker"},
            {},
            "answer.provider is 'sagemaker', but the recipe deepseek-bedrock answers with bedrock; leave "
            "answer.provider out, or set recipe to deepseek-sagemaker.",
        ),
        (
            "deepseek-bedrock",
            {"provider": "gemini"},
            {},
            "answer.provider is 'gemini', but can be 'bedrock', 'bedrock-converse', 'custom', "
            "'deepseek', 'openai' or 'sagemaker' only; set one of them.",
        ),
        (
            "deepseek-bedrock",
            {"sizes": "8B"},
            {},
            "answer.sizes is not a setting; answer has provider, model, region, regions, temperature, top_p, "
            "max_tokens.",
        ),
        ("deepseek-api", None, {}, "answer.secret is missing; add that group with name."),
        (
            "deepseek-bedrock",
            None,
            {"region": "eu-central-1"},
            "answer.model is 'us.deepseek.r1-v1:0', which cannot be called from eu-central-1; set answer.region to "
            "one of us-east-1, us-east-2, us-west-2, or another model.",
        ),
        (
            "bedrock-converse",
            {"model": "eu.amazon.nova-lite-v1:0", "region": "us-east-1"},
            {},
            "answer.model is 'eu.amazon.nova-lite-v1:0', which cannot be called from us-east-1; set answer.region to "
            "one of eu-central-1, eu-north-1, eu-south-1, eu-south-2, eu-west-1, eu-west-3, or another model.",
        ),
        (
            "deepseek-bedrock",
            {"model": IMPORTED, "region": "us-east-1"},
            {},
            "answer: region is 'us-east-1', but model is an ARN of eu-central-1; leave region out.",
        ),
        (
            "deepseek-bedrock",
            {"max_tokens": 9000},
            {},
            "answer: max_tokens is 9000, but the managed model writes at most 8192; set 8192.",
        ),
        (
            "bedrock-converse",
            {"model": "amazon.titan-embed-text-v2:0"},
            {},
            "answer.model: 'amazon.titan-embed-text-v2:0' does not generate text; set a chat model, for example "
            "us.amazon.nova-lite-v1:0.",
        ),
        (
            "bedrock-converse",
            {"model": "us.amazon.nova-lite-v1:0"},
            {"search": {"engine_version": "OpenSearch_2.17", "vector_engine": "lucene"}},
            "answer uses bedrock-converse, which OpenSearch has since 2.18, but search.engine_version is "
            "'OpenSearch_2.17'; set search.engine_version to OpenSearch_2.19 or later, or another recipe.",
        ),
        (
            "deepseek-sagemaker",
            {"size": "671B"},
            {},
            "answer.size is '671B', but can be '1.5B', '7B', '8B', '14B', '32B' or '70B' only; set one of them.",
        ),
        (
            "deepseek-sagemaker",
            {"instance_type": "ml.p9.48xlarge"},
            {},
            "answer: instance_type is 'ml.p9.48xlarge', whose number of GPUs is not known here; set gpus to it, or "
            "instance_type to ml.g6.2xlarge.",
        ),
        (
            "deepseek-sagemaker",
            {"endpoint": "mine", "size": "8B"},
            {},
            "answer: size is of an endpoint made here, but endpoint is 'mine'; leave it out, or set endpoint to "
            "create.",
        ),
        (
            "deepseek-sagemaker",
            {"component": "mine"},
            {},
            "answer: component is a setting for an existing endpoint, but endpoint is 'create'; leave it out.",
        ),
        (
            "deepseek-sagemaker",
            {"scaling": {"stop": "cron(0 20 ? * MON-FRI *)"}},
            {},
            "answer.scaling: stop is set without start; set both, or leave both out.",
        ),
        (
            "deepseek-sagemaker",
            {"scaling": {"minimum": 0, "stop": "cron(0 20 ? * MON-FRI *)", "start": "cron(0 7 ? * MON-FRI *)"}},
            {},
            "answer.scaling: stop is set, but minimum is 0, which stops the model whenever nobody asks; leave stop and "
            "start out, or set minimum to 1.",
        ),
        (
            "deepseek-sagemaker",
            {"scaling": {"minimum": 3, "maximum": 2}},
            {},
            "answer.scaling: maximum is 2, less than minimum 3; set maximum to 3 or more.",
        ),
        (
            "deepseek-sagemaker",
            {"instances": 2, "scaling": {"maximum": 2}},
            {},
            "answer: instances is 2, but scaling sets the number of instances; leave it out.",
        ),
        (
            "deepseek-sagemaker",
            None,
            {"timeouts": {"answer": 61}},
            "timeouts.answer is 61, but SageMaker ends an invocation after 60 seconds; set timeouts.answer to 60 or "
            "less.",
        ),
        (
            "deepseek-bedrock",
            None,
            {"timeouts": {"answer": 30, "rag": 30}},
            "timeouts: rag is 30, but answer, which it waits for, is 30; set rag to 35 (client > api > rag > answer), "
            "or leave it out.",
        ),
        (
            "deepseek-bedrock",
            None,
            {"timeouts": {"client": 90}},
            "timeouts: client is 90, but api, which it waits for, is 130; set client to 135 (client > api > rag > "
            "answer), or leave it out.",
        ),
        (
            "openai-chat",
            {"model": "bedrock/x", "endpoint": "api.example.com", "secret": SECRET},
            {},
            "answer.model: 'bedrock/x' begins with bedrock/, with which the search pipeline would choose another "
            "request format; set the name without this prefix, or another recipe.",
        ),
        (
            "openai-chat",
            {"model": "m", "endpoint": "https://api.example.com/v1", "secret": SECRET},
            {},
            "answer.endpoint is 'https://api.example.com/v1', but must look like api.openai.com.",
        ),
        (
            "custom",
            {**CUSTOM, "connector": {**CONNECTOR, "name": "mine"}},
            {},
            "answer: connector.name is created by the deploy; remove it.",
        ),
        (
            "custom",
            {**CUSTOM, "connector": {**CONNECTOR, "protocol": "ftp"}},
            {},
            "answer: connector.protocol is 'ftp', but must be http or aws_sigv4; set one of them.",
        ),
        (
            "custom",
            {**CUSTOM, "connector": {**CONNECTOR, "protocol": "aws_sigv4"}},
            {},
            "answer: connector.parameters: region is missing, which aws_sigv4 signs with; add it.",
        ),
        (
            "custom",
            {**CUSTOM, "connector": {**CONNECTOR, "actions": []}},
            {},
            "answer: connector.actions must be a list with one action of action_type predict; correct it.",
        ),
        (
            "custom",
            action(url="http://${parameters.host}/"),
            {},
            "answer: connector.actions: url is 'http://llm.example.com/', which is not an https address; correct it.",
        ),
        (
            "custom",
            action(request_body='{"prompt": "${parameters.prompt}"}'),
            {},
            "answer: connector.actions: request_body does not use ${parameters.inputs}, which is all that a search "
            "with llm_model 'bedrock/mine' sends; put it in, or set another llm_model.",
        ),
        (
            "custom",
            action(request_body='{"prompt": "${parameters.inputs}", "n": ${parameters.top_k}}'),
            {},
            "answer: connector.actions: request_body uses ${parameters.top_k}, which connector.parameters does not "
            "have; add it.",
        ),
        (
            "custom",
            action(request_body='{"prompt": ${parameters.inputs}}'),
            {},
            "answer: connector.actions: request_body is not JSON once its parameters are filled in (Expecting value: "
            "line 1 column 12 (char 11)); correct it.",
        ),
        (
            "custom",
            {**CUSTOM, "secret": {"name": "osml/other/key", "key": "token"}},
            {},
            "answer: secret.key is 'token', but connector uses api_key; make them agree.",
        ),
        (
            "custom",
            {"connector": CONNECTOR, "llm_model": "bedrock/mine"},
            {},
            "answer: connector uses ${credential.secretArn.…}, but secret is missing; add secret with name.",
        ),
        (
            "custom",
            {**CUSTOM, "statements": [{"actions": ["s3:*"], "resources": ["*"]}]},
            {},
            "answer.statements.0.resources: every resource must be an ARN, for example "
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0; write one, or set wildcards to "
            "the reason for *.",
        ),
    ],
)
def test_wrong_settings(tmp_path: Path, recipe: str, answer: object, more: dict[str, Any], sentence: str) -> None:
    if "search" in more:
        more = {"search": {**yaml.safe_load(SANDBOX.read_text())["search"], **more["search"]}}
    assert refused(tmp_path, recipe, answer, **more) == sentence


def test_a_key_in_a_custom_header_is_refused_and_not_repeated(tmp_path: Path) -> None:
    pasted = {**action(headers={"Authorization": "Bearer sk-pasted"})}
    del pasted["secret"]
    sentence = refused(tmp_path, "custom", pasted)
    assert "sk-pasted" not in sentence
    assert "the header Authorization contains a key" in sentence
