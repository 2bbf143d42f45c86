"""Anybody who may invoke the provisioner can write its event: what it still obeys, and what it never does."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from mlcommons import HttpTransport
from mlcommons.errors import InvalidSpec
from tests.unit import test_handler
from tests.unit.test_handler import COLLECTION, ENGINE, MALLORY, PROVISIONER, STACK, Answers, Domain, call

module, domain = test_handler.module, test_handler.domain
BUCKET = "cloudformation-custom-resource-response-useast1"
ROLE = {"name": "osml-dev-ask", "cluster_permissions": ["cluster:monitor/main"], "index_permissions": []}


@pytest.fixture
def of_dev(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable PREFIX, as the template of the environment dev sets it."""
    monkeypatch.setenv("PREFIX", "osml-dev")


def properties(target: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    return {"Target": json.dumps(target), "Spec": json.dumps(spec)}


@pytest.mark.parametrize(
    "url",
    [
        f"https://{BUCKET}.s3.amazonaws.com/a?b=c",
        f"https://{BUCKET}.s3.us-east-1.amazonaws.com/a",
        f"https://{BUCKET}.s3-us-east-1.amazonaws.com/a",
    ],
)
def test_cloudformations_bucket_gets_the_answer(module: ModuleType, domain: Domain, url: str) -> None:
    assert call(module, "Create", ResponseURL=url)["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    "url",
    [
        "https://mallory.example.com/x",
        f"http://{BUCKET}.s3.amazonaws.com/x",
        f"https://{BUCKET}.s3.amazonaws.com@mallory.example.com/x",
        f"https://{BUCKET}.s3.amazonaws.com:8443/x",
        f"https://{BUCKET}.s3.amazonaws.com.mallory.example.com/x",
        f"https://{BUCKET}-mine.s3.amazonaws.com/x",
        "https://cloudformation-custom-resource-response-uswest2.s3.us-west-2.amazonaws.com/x",
        "",
    ],
)
def test_no_other_host_gets_an_answer(module: ModuleType, domain: Domain, url: str) -> None:
    with pytest.raises(module.require_invited.__globals__["Uninvited"]):
        call(module, "Create", ResponseURL=url)
    assert (Answers.sent, domain.transport.requests) == ([], [])


@pytest.mark.parametrize(
    "stack",
    [
        STACK.replace("000000000000", "111122223333"),
        STACK.replace("us-east-1", "us-west-2"),
        STACK.replace("kernel-stack", "osml-prod-knowledge"),
        STACK.replace("kernel-stack", "osml-dev-two-knowledge"),
        STACK.replace("kernel-stack", "osml-dev2-knowledge"),
        "kernel-stack",
        "",
    ],
)
@pytest.mark.usefixtures("of_dev")
def test_no_other_stack_is_obeyed(module: ModuleType, domain: Domain, stack: str) -> None:
    with pytest.raises(module.require_invited.__globals__["Uninvited"]):
        call(module, "Create", StackId=stack)
    assert (Answers.sent, domain.transport.requests) == ([], [])


@pytest.mark.usefixtures("of_dev")
def test_a_stack_of_the_environment_is_obeyed(module: ModuleType, domain: Domain) -> None:
    stack = STACK.replace("kernel-stack", "osml-dev-knowledge")
    assert call(module, "Create", StackId=stack)["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    "target",
    [
        {**ENGINE, "endpoint": "https://mallory.example.com"},
        {**ENGINE, "endpoint": "http://d.example.com"},
        {**ENGINE, "service": "execute-api"},
        {**ENGINE, "region": "us-west-2"},
        {**ENGINE, "role": MALLORY},
        {**ENGINE, "auth": {"basic": {"secretArn": "arn:secret", "username": "u", "password": "p"}}},
        {**COLLECTION, "service": "es"},
        {},
    ],
)
@pytest.mark.parametrize("verb", ["Create", "Update", "Delete"])
def test_no_other_engine_is_asked(
    module: ModuleType, domain: Domain, monkeypatch: pytest.MonkeyPatch, target: dict[str, Any], verb: str
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda *_: pytest.fail("the function signed in"))
    answer = call(module, verb, "a" * 20, ResourceProperties=properties(target, {"name": "chat"}))
    assert answer["Status"] == "FAILED"
    assert domain.transport.requests == []


def granted(module: ModuleType, kind: str, spec: dict[str, Any]) -> bool:
    try:
        module.require_granted(kind, spec)
    except InvalidSpec:
        return False
    return True


@pytest.mark.parametrize(
    "role", ["all_access", "security_manager", "security_rest_api_access", "ml_full_access", "theirs"]
)
@pytest.mark.usefixtures("of_dev")
def test_only_the_templates_administrators_get_a_role_that_the_stacks_have_not_made(
    module: ModuleType, role: str
) -> None:
    assert granted(module, "RoleMapping", {"role": role, "backend_roles": [PROVISIONER]})
    assert not granted(module, "RoleMapping", {"role": role, "backend_roles": [PROVISIONER, MALLORY]})
    assert granted(module, "RoleMapping", {"role": "osml-dev-ask", "backend_roles": [MALLORY]})


def test_without_a_prefix_the_roles_of_administrators_are_guarded(module: ModuleType) -> None:
    assert granted(module, "RoleMapping", {"role": "articles-reader", "backend_roles": [MALLORY]})
    assert not granted(module, "RoleMapping", {"role": "all_access", "backend_roles": [MALLORY]})
    assert granted(module, "Role", {**ROLE, "name": "articles-reader"})


@pytest.mark.parametrize(
    "permission",
    ["*", "cluster:*", "cluster:admin/*", "restapi:admin/roles", "restapi:*", "unlimited", "cluster_all", "system:*"],
)
@pytest.mark.parametrize("place", ["cluster", "index"])
@pytest.mark.usefixtures("of_dev")
def test_no_role_of_an_administrator_is_made(module: ModuleType, permission: str, place: str) -> None:
    assert granted(module, "Role", ROLE)
    groups = [{"index_patterns": ["passages"], "allowed_actions": [permission]}]
    strong = {"cluster_permissions": [permission]} if place == "cluster" else {"index_permissions": groups}
    assert not granted(module, "Role", {**ROLE, **strong})
    assert not granted(module, "Role", {**ROLE, "name": "all_access"})


def test_a_refused_role_fails_in_a_sentence(module: ModuleType, domain: Domain) -> None:
    spec = {"role": "all_access", "backend_roles": [MALLORY]}
    failed = call(module, "Create", ResourceType="Custom::MlRoleMapping", ResourceProperties=properties(ENGINE, spec))
    assert "search.admins" in failed["Reason"]
    assert domain.transport.requests == []


@pytest.mark.parametrize("endpoint", ["http://d.example.com", "ftp://d.example.com", "d.example.com", ""])
def test_nothing_is_sent_without_tls(endpoint: str) -> None:
    with pytest.raises(InvalidSpec, match="over TLS only"):
        HttpTransport(endpoint)
