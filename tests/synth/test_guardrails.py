"""The guardrail of Bedrock: which function may call it, and the function's settings."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.synth import assistant_templates

allowed, other, settings_of = assistant_templates.allowed, assistant_templates.other, assistant_templates.settings_of
ARN = "arn:aws:bedrock:eu-central-1:111122223333:guardrail/ab12cd34ef56"


@pytest.mark.parametrize(
    ("chosen", "resource"),
    [
        ({"id": "ab12cd34ef56"}, "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>:guardrail/ab12cd34ef56"),
        (
            {"id": "ab12cd34ef56", "region": "eu-west-1"},
            "arn:<AWS::Partition>:bedrock:eu-west-1:<AWS::AccountId>:guardrail/ab12cd34ef56",
        ),
        ({"id": ARN}, ARN),
    ],
)
def test_ask_alone_may_apply_the_guardrail_that_is_named(
    other: Callable[..., Any], allowed: Any, settings_of: Any, chosen: dict[str, str], resource: str
) -> None:
    template = other("sandbox-aoss", assistant={"guardrails": {"bedrock": chosen, "personal_data": ["email"]}})
    assert allowed(template, "AskPolicy")["bedrock:ApplyGuardrail"] == resource
    assert "bedrock:ApplyGuardrail" not in allowed(template, "DocumentsPolicy")
    assert settings_of(template, "Ask")["guardrails"] == {"bedrock": chosen, "personal_data": ["email"]}


def test_without_guardrails_nothing_is_said_of_them(other: Callable[..., Any], allowed: Any, settings_of: Any) -> None:
    template = other("sandbox-aoss")
    assert "bedrock:ApplyGuardrail" not in allowed(template, "AskPolicy")
    assert "guardrails" not in settings_of(template, "Ask")
