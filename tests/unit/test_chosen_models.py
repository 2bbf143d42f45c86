"""Answer models that readers choose among: their settings in the file, and which one answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from rag.answer_cache import AnswerCache
from rag.budget import Budget
from rag.caller import Caller
from rag.failures import Invalid
from rag.generation import OwnGeneration
from rag.models import Question
from rag.parts import Parts
from rag.tailored import tailored
from settings import Environment, SettingError, load
from settings.answer.bedrock_converse import ConverseAnswer
from settings.answer.deepseek import DeepSeekAnswer
from settings.runtime_settings import RuntimeAnswerCache, RuntimeSettings
from settings.secret import Secret
from tests.unit.test_assistant_answering import NINE, parts

SECRET = {"name": "osml/deepseek"}
QUICK = {"provider": "deepseek", "secret": SECRET}
NOVA = {"provider": "bedrock-converse", "model": "us.amazon.nova-pro-v1:0", "region": "us-east-1"}
THOROUGH = {**QUICK, "thinking": True}
MADE = {"provider": "sagemaker", "size": "7B"}


def loaded(folder: Path, models: dict[str, Any], **more: Any) -> Environment:
    written: dict[str, Any] = {
        "recipe": "serverless",
        "region": "us-east-1",
        "embedding": {"provider": "titan", "dimension": 512},
        "answer": QUICK,
        **more,
        "assistant": {"models": models, **more.get("assistant", {})},
    }
    (folder / "one.yaml").write_text(yaml.safe_dump(written))
    return load("one", folder)


def test_readers_choose_among_models_of_several_providers(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"nova": NOVA, "with thoughts": THOROUGH})
    assert {setting: model.name for setting, model in made.answers.items()} == {
        "answer": "deepseek-flash",
        "assistant.models.nova": "us.amazon.nova-pro-v1:0",
        "assistant.models.with thoughts": "deepseek-flash",
    }
    assert list(made.secrets) == ["answer"], "one key is stored once"
    assert made.timeouts.answer == 120, "as long as the one that thinks"


def test_models_with_other_keys_have_places_of_their_own(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"other": {**QUICK, "secret": {"name": "osml/other"}}})
    assert {setting: secret.name for setting, secret in made.secrets.items()} == {
        "answer": "osml/deepseek",
        "assistant.models.other": "osml/other",
    }


@pytest.mark.parametrize(
    ("models", "more", "sentence"),
    [
        ({"deepseek-flash": NOVA}, {}, "has the name of answer.model"),
        ({"osml": NOVA}, {}, "has the name of the API"),
        ({"one": NOVA}, {}, "has the name of the environment"),
        ({"own": MADE}, {}, "needs a new endpoint, which only answer can create"),
        (
            {"nova": {**NOVA, "region": "eu-central-1"}},
            {},
            "assistant.models.nova.model is 'us.amazon.nova-pro-v1:0', ",
        ),
        ({"no/slash": NOVA}, {}, "no/slash"),
        ({"r1": {"provider": "bedrock"}}, {"retrieval": {"agentic": {}}}, "assistant.models.r1 calls no tools here"),
        (
            {"a": {**QUICK, "secret": {"name": "osml/a", "create": True}}},
            {"answer": {**QUICK, "secret": {"name": "osml/a", "create": True}}},
            "answer.secret and assistant.models.a.secret have the same name and create: true",
        ),
        (
            {"nova": NOVA},
            {
                "recipe": "deepseek-api",
                "search": {"kind": "domain", "data_nodes": {"instance_type": "r7g.medium.search", "count": 1}},
                "assistant": {"streaming": False},
            },
            "the engine's pipeline answers, with one model",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    tmp_path: Path, models: dict[str, Any], more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError) as caught:
        loaded(tmp_path, models, **more)
    assert sentence in str(caught.value)


def settings(**models: Any) -> dict[str, Any]:
    usual = DeepSeekAnswer(provider="deepseek", secret=Secret(name="osml/key"))
    return {"answer": usual, "models": models}


NOVA_MODEL = ConverseAnswer(provider="bedrock-converse", model="us.amazon.nova-pro-v1:0", region="us-east-1")


def by(made: Parts, model: str | None) -> Parts:
    return tailored(made, Question(question="When?", model=model), Caller("alice"), Budget(20))


def test_the_model_that_a_reader_names_answers() -> None:
    made = parts(["At nine."], **settings(nova=NOVA_MODEL))
    assert made.settings.choices == ["deepseek-flash", "nova"]
    assert by(made, None) is made
    assert by(made, "deepseek-flash") is made
    chosen = by(made, "nova")
    assert isinstance(chosen.generation, OwnGeneration)
    assert (chosen.generation.name, chosen.generation.model.name) == ("nova", "us.amazon.nova-pro-v1:0")
    assert chosen.search is made.search
    assert by(made, "nova") is chosen, "its connections are kept"


def test_one_that_is_not_offered_is_refused_with_the_names() -> None:
    made = parts(["At nine."], **settings(nova=NOVA_MODEL))
    with pytest.raises(Invalid) as caught:
        by(made, "gpt")
    assert caught.value.message == (
        "model is 'gpt', but must be one of deepseek-flash, nova. Choose one of them, or leave out `model`."
    )


def test_an_answer_of_one_model_is_not_given_again_as_that_of_another() -> None:
    chosen = RuntimeAnswerCache(table="answers", hours=1, model="digest")
    made = parts(["At nine."], **settings(nova=NOVA_MODEL), cache=chosen)
    made = replace(made, cache=AnswerCache(chosen, made.settings))
    keys = {cast(AnswerCache, by(made, name).cache).key("When?", [NINE], []) for name in (None, "nova")}
    assert len(keys) == 2


def test_a_function_is_told_the_models_as_the_file_has_them(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"nova": NOVA, "found": {"provider": "sagemaker", "endpoint": "mine"}})
    assert made.assistant
    models = {name: model.for_runtime(made) for name, model in made.assistant.models.items()}
    whole = parts(["At nine."]).settings.model_copy(update={"models": models})
    read = RuntimeSettings.model_validate_json(whole.model_dump_json())
    assert read.models == models
