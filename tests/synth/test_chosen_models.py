"""Models that readers choose among: which functions may call them, and what the functions learn of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.synth import assistant_templates

allowed, other, settings_of = assistant_templates.allowed, assistant_templates.other, assistant_templates.settings_of

NOVA = {"provider": "bedrock-converse", "model": "us.amazon.nova-pro-v1:0", "region": "us-east-1"}
FOUND = {"provider": "sagemaker", "endpoint": "r1-for-all"}
OTHER_KEY = {"provider": "deepseek", "thinking": True, "secret": {"name": "osml/other"}}
MODELS = {"nova": NOVA, "found": FOUND, "with thoughts": OTHER_KEY}
AGENTS = {"callbacks": ["https://agents.example.com/callback"]}


@pytest.mark.parametrize("environment", ["sandbox", "sandbox-aoss"])
def test_who_answers_may_call_each_of_them_and_nobody_else(
    other: Callable[..., Any], allowed: Any, settings_of: Any, environment: str
) -> None:
    timeouts = {"answer": 60, "api": 70}
    template = other(environment, timeouts=timeouts, assistant={"models": MODELS, "agents": AGENTS})
    for part in ("Ask", "Tools"):
        permissions = allowed(template, f"{part}Policy")
        assert "us.amazon.nova-pro-v1:0" in json.dumps(permissions["bedrock:InvokeModelWithResponseStream"])
        assert "endpoint/r1-for-all" in json.dumps(permissions["sagemaker:InvokeEndpointWithResponseStream"])
        assert "secret:osml/other" in json.dumps(permissions["secretsmanager:GetSecretValue"])
        models = settings_of(template, part)["models"]
        assert set(models) == set(MODELS)
        assert (models["nova"]["model"], models["found"]["endpoint"]) == (NOVA["model"], "r1-for-all")
    kept = allowed(template, "DocumentsPolicy")
    assert "bedrock:InvokeModelWithResponseStream" not in kept
    assert "nova-pro" not in json.dumps(kept)


def test_without_them_nobody_is_told_of_any(other: Callable[..., Any], settings_of: Any) -> None:
    assert "models" not in settings_of(other("sandbox", assistant={}), "Ask")
