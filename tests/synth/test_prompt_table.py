"""The versions of the prompt: their table, which functions read it, and which one publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.synth import assistant_templates

allowed, other, settings_of = assistant_templates.allowed, assistant_templates.other, assistant_templates.settings_of

AGENTS = {"callbacks": ["https://agents.example.com/callback"]}


@pytest.mark.parametrize("environment", ["sandbox", "sandbox-aoss"])
def test_who_answers_reads_versions_and_documents_publishes_them(
    other: Callable[..., Any], allowed: Any, settings_of: Any, environment: str
) -> None:
    template = other(environment, assistant={"prompts": True, "agents": AGENTS})
    [table] = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table" and name.startswith("Prompts")
    ]
    keys = template["Resources"][table]["Properties"]["KeySchema"]
    assert [key["AttributeName"] for key in keys] == ["kind", "number"]
    arn = f"<{table}.Arn>"
    for part in ("Ask", "Tools", "Documents"):
        assert settings_of(template, part)["prompts"] == f"<{table}>"
        permissions = allowed(template, f"{part}Policy")
        assert arn in permissions["dynamodb:Query"]
        assert (arn in str(permissions.get("dynamodb:PutItem"))) == (part == "Documents")


def test_without_the_setting_nothing_is_made(other: Callable[..., Any], settings_of: Any) -> None:
    template = other("sandbox", assistant={})
    assert not [each for each in template["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table"]
    assert "prompts" not in settings_of(template, "Ask")
