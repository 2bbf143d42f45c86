"""The tools for agents in the assistant's stack: who may call them, and where an agent signs its user in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.synth import assistant_templates
from tests.synth.assistant_templates import Flat, OfType, Other

methods = assistant_templates.methods
other = assistant_templates.other


def test_people_sign_in_at_the_pool_with_a_client_and_a_scope_of_the_agents(
    other: Other, flat: Flat, of_type: OfType, methods: Any
) -> None:
    template = other("sandbox", assistant={"agents": {"callbacks": ["http://localhost:3334/callback"]}})
    servers = of_type(template, "AWS::Cognito::UserPoolResourceServer")
    (server,) = (made["Properties"] for made in servers.values())
    assert [scope["ScopeName"] for scope in server["Scopes"]] == ["read"]
    # The pattern of Cognito's CreateResourceServer.
    assert re.fullmatch(r"[\w\s+=,.@-]+", flat(server["Name"]))
    clients = of_type(template, "AWS::Cognito::UserPoolClient")
    (name,) = (name for name in clients if "Agents" in name)
    client = clients[name]["Properties"]
    assert client["CallbackURLs"] == ["http://localhost:3334/callback"]
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    by_path = methods(template)
    for verb in ("GET", "POST", "DELETE"):
        method = by_path[verb, "/mcp"]
        assert method["AuthorizationType"] == "COGNITO_USER_POOLS"
        (scope,) = method["AuthorizationScopes"]
        assert flat(scope) == f"{flat(server['Identifier'])}/read"
        assert method["AuthorizerId"] != by_path["POST", "/ask"]["AuthorizerId"]
    open_to_all = {path for (_, path), method in by_path.items() if method["AuthorizationType"] == "NONE"}
    assert {path for path in open_to_all if not path.startswith("/rag")} == {
        f"/.well-known/{name}"
        for name in (
            "oauth-protected-resource",
            "oauth-protected-resource/mcp",
            "oauth-authorization-server",
            "openid-configuration",
        )
    }
    (stage,) = of_type(template, "AWS::ApiGateway::Stage").values()
    limits = {
        (limit["HttpMethod"], limit["ResourcePath"].replace("~1", "/").removeprefix("/")): limit
        for limit in stage["Properties"]["MethodSettings"]
    }
    # Whoever calls a function without a sign-in takes little of what signed-in people need.
    for path in open_to_all:
        if not path.startswith("/rag"):
            assert limits["GET", path]["ThrottlingBurstLimit"] == limits["POST", "/rag/session"]["ThrottlingBurstLimit"]
            assert limits["GET", path]["ThrottlingRateLimit"] < limits["*", "*"]["ThrottlingRateLimit"]
    refusals = of_type(template, "AWS::ApiGateway::GatewayResponse")
    (refusal,) = (
        made["Properties"] for made in refusals.values() if made["Properties"]["ResponseType"] == "UNAUTHORIZED"
    )
    challenge = flat(refusal["ResponseParameters"]["gatewayresponse.header.WWW-Authenticate"])
    assert refusal["ResponseParameters"]["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'"
    assert challenge.startswith("'Bearer resource_metadata=\"https://")
    assert challenge.endswith("/.well-known/oauth-protected-resource\"'")


@pytest.mark.parametrize(("sign_in", "known_by"), [("iam", "AWS_IAM"), ("api-key", "NONE")])
def test_other_callers_sign_as_they_do_for_questions(other: Other, methods: Any, sign_in: str, known_by: str) -> None:
    template = other("sandbox", assistant={"sign_in": sign_in, "page": False, "agents": {"tools": ["search"]}})
    by_path = methods(template)
    assert by_path["POST", "/mcp"]["AuthorizationType"] == known_by
    assert by_path["POST", "/mcp"].get("ApiKeyRequired", False) == by_path["POST", "/ask"].get("ApiKeyRequired", False)
    assert not any("well-known" in path for _, path in by_path)


def test_the_tools_have_only_the_permissions_of_asking(other: Other, of_type: OfType) -> None:
    template = other("sandbox", assistant={"agents": {"callbacks": ["http://localhost:3334/callback"]}})
    assert any(name.startswith("ToolsRole") for name in of_type(template, "Custom::MlRole"))
    policies = {
        name: {
            action
            for statement in made["Properties"]["PolicyDocument"]["Statement"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        }
        for name, made in of_type(template, "AWS::IAM::Policy").items()
    }
    (asks,) = (actions for name, actions in policies.items() if name.startswith("AskPolicy"))
    (tools,) = (actions for name, actions in policies.items() if name.startswith("ToolsPolicy"))
    assert tools == asks


def test_an_environment_without_agents_has_no_function_for_them(other: Other, methods: Any) -> None:
    assert not any("mcp" in path for _, path in methods(other("sandbox", assistant={})))
