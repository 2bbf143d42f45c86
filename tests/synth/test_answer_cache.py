"""The cache of answers: its table, which functions may use it, and their settings."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.synth import assistant_templates

allowed, other, settings_of = assistant_templates.allowed, assistant_templates.other, assistant_templates.settings_of

AGENTS = {"callbacks": ["https://agents.example.com/callback"]}
ANSWER = yaml.safe_load((assistant_templates.ROOT / "environments" / "sandbox.yaml").read_text())["answer"]


@pytest.mark.parametrize("environment", ["sandbox", "sandbox-aoss"])
def test_ask_finds_and_keeps_answers(
    other: Callable[..., Any], allowed: Any, settings_of: Any, environment: str
) -> None:
    template = other(environment, assistant={"cache": {"hours": 3}, "agents": AGENTS})
    [table] = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table" and name.startswith("Cache")
    ]
    properties = template["Resources"][table]["Properties"]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert template["Resources"][table]["DeletionPolicy"] == "Delete"
    cache = settings_of(template, "Ask")["cache"]
    assert (cache["table"], cache["hours"], len(cache["model"])) == (f"<{table}>", 3, 12)
    for part in ("AskPolicy", "ToolsPolicy"):
        permissions = allowed(template, part)
        for action in ("dynamodb:GetItem", "dynamodb:PutItem"):
            assert f"<{table}.Arn>" in permissions[action]
    assert f"<{table}.Arn>" not in str(allowed(template, "DocumentsPolicy"))


def test_another_model_has_other_answers(other: Callable[..., Any], settings_of: Any) -> None:
    digests = {
        settings_of(other("sandbox", assistant={"cache": {}}, **more), "Ask")["cache"]["model"]
        for more in ({}, {"answer": {**ANSWER, "temperature": 0.5}})
    }
    assert len(digests) == 2


def test_without_a_cache_nothing_is_made(other: Callable[..., Any], settings_of: Any) -> None:
    template = other("sandbox")
    assert not [each for each in template["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table"]
    assert "cache" not in settings_of(template, "Ask")
