"""The actions that a preflight checks: one row for each type in the templates, and only actions that AWS has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osml.preflight.checks.names import NAMED
from osml.preflight.needed_actions import NEEDED, needed
from tests.synth.test_service_authorization import details, takes

SNAPSHOTS = Path(__file__).parent / "__snapshots__"


def resources() -> list[dict[str, Any]]:
    loads = [json.loads(file.read_text()) for file in SNAPSHOTS.rglob("*.json")]
    return [resource for read in loads if isinstance(read, dict) for resource in read.get("Resources", {}).values()]


def test_every_type_of_a_template_has_its_actions() -> None:
    types = {resource["Type"] for resource in resources() if "Type" in resource}
    assert {type for type in types if needed(type) is None} == set()
    assert "AWS::OpenSearchService::Domain" in types


@pytest.mark.parametrize("type", NEEDED)
def test_an_action_exists_and_takes_such_a_resource(type: str) -> None:
    actions, form = NEEDED[type]
    known = {"region": "us-east-1", "account": "111122223333", "name": "osml-dev-a"}
    arn = form if form == "*" else f"arn:aws:{form.format(**known)}"
    for action in actions:
        if action.startswith("apigateway:"):
            continue
        assert details(action), action
        assert takes(action, arn.replace("parameterosml", "parameter/osml")), f"{action} is not about {arn}"


def test_every_fixed_name_of_a_template_is_looked_up() -> None:
    """A fixed name collides with an existing resource, except for the types in `free`, whose names may repeat."""
    keys = {key for key, _, _ in NAMED.values()}
    free = {
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::RestApi",
        "AWS::CloudWatch::Dashboard",
        "AWS::CodeBuild::Project",
        "AWS::CodePipeline::Pipeline",
        "AWS::Cognito::UserPoolResourceServer",
        "AWS::IAM::Policy",
        "AWS::Lambda::Alias",
    }
    fixed = {
        resource["Type"]
        for resource in resources()
        for key in keys & set(resource.get("Properties", {}))
        if isinstance(resource["Properties"][key], str)
    }
    assert fixed - set(NAMED) - free == set()
