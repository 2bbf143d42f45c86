"""The quota of callers: which function counts, which one reads, and their settings."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.synth import assistant_templates

allowed, other, settings_of = assistant_templates.allowed, assistant_templates.other, assistant_templates.settings_of


@pytest.mark.parametrize("environment", ["sandbox", "sandbox-aoss"])
def test_ask_counts_and_documents_looks(
    other: Callable[..., Any], allowed: Any, settings_of: Any, environment: str
) -> None:
    template = other(environment, assistant={"quota": {"questions_per_day": 50}})
    [table] = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table" and name.startswith("Quota")
    ]
    assert template["Resources"][table]["DeletionPolicy"] == "Delete"
    for part in ("Ask", "Documents"):
        assert settings_of(template, part)["quota"] == {"table": f"<{table}>", "questions_per_day": 50}
    assert f"<{table}.Arn>" in allowed(template, "AskPolicy")["dynamodb:UpdateItem"]
    assert "dynamodb:GetItem" in allowed(template, "DocumentsPolicy")
    with_tokens = other(environment, assistant={"quota": {"tokens_per_month": 5000}})
    assert "dynamodb:GetItem" in allowed(with_tokens, "AskPolicy")
    if environment == "sandbox":
        assert "dynamodb:GetItem" not in allowed(template, "AskPolicy")
    assert f"<{table}.Arn>" not in allowed(template, "DocumentsPolicy").get("dynamodb:UpdateItem", ())
    assert template["Outputs"]["QuotaTableName"]["Value"] == {"Ref": table}


def test_without_a_quota_nothing_is_made(other: Callable[..., Any], settings_of: Any) -> None:
    template = other("sandbox")
    assert not [each for each in template["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table"]
    assert "quota" not in settings_of(template, "Ask")
    assert "QuotaTableName" not in template["Outputs"]
