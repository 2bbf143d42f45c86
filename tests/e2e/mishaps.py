"""What goes wrong with a deployed environment: done as a person or a provider would do it, and undone afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3

from osml.deploy import secret
from tests.e2e.templates import Template
from tests.e2e.ward import Ward

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
AUTO_DEPLOY = "plugins.ml_commons.model_auto_deploy.enable"
SETTINGS = "/_cluster/settings?flat_settings=true"
MAPPINGS = "/_plugins/_security/api/rolesmapping"


def hurry(template: Template) -> None:
    """Let the provisioner repeat refused calls for half a second only: here, IAM's changes take effect immediately."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
            variables["IAM_PROPAGATION_SECONDS"] = "0.5"


def throttled(ward: Ward) -> AbstractContextManager[None]:
    """95 of 100 calls are throttled; the connector itself retries three times."""
    return ward.faults("sagemaker", throttle=0.95)


@contextmanager
def lost_pass_role(ward: Ward) -> Iterator[None]:
    """Somebody removes an inline policy from a role that they do not know."""
    iam, role = boto3.client("iam"), provisioner(ward)
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = next(name for name in names if "PassRole" in name)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def provisioner(ward: Ward) -> str:
    """The name of the provisioner's role."""
    client = boto3.client("cloudformation")
    resources = client.list_stack_resources(StackName=f"osml-{ward.deployment.name}-search")["StackResourceSummaries"]
    roles = [resource for resource in resources if resource["ResourceType"] == "AWS::IAM::Role"]
    return next(role["PhysicalResourceId"] for role in roles if role["LogicalResourceId"].startswith("Provisioner"))


@contextmanager
def renamed_key(ward: Ward) -> Iterator[None]:
    """The secret gets a new value, in which the key has another name."""
    client = boto3.client("secretsmanager")
    before = client.get_secret_value(SecretId=ward.secret.name)["SecretString"]
    value = json.loads(before)[ward.secret.key]
    client.put_secret_value(SecretId=ward.secret.name, SecretString=json.dumps({"apiKey": value}))
    try:
        yield
    finally:
        client.put_secret_value(SecretId=ward.secret.name, SecretString=before)


@contextmanager
def rotated_key(ward: Ward) -> Iterator[None]:
    """The provider accepts only a new key, which the secret contains; the connector still has the old one."""
    file: Path = ward.instance.deepseek_key
    before = file.read_text()
    file.write_text("sk-rotated-a-moment-ago")
    secret.put(ward.secret.name, ward.secret.key, "sk-rotated-a-moment-ago")
    try:
        yield
    finally:
        file.write_text(before)
        secret.put(ward.secret.name, ward.secret.key, before.strip())


def slow_endpoint(ward: Ward) -> AbstractContextManager[None]:
    """The endpoint is slower than the connector's read_timeout, which the environment sets to 6 s."""
    return ward.faults("deepseek", delay_ms=8_000)


@contextmanager
def exhausted_pool(ward: Ward) -> Iterator[None]:
    """One connection serves all calls; a call that gets none within the SDK's ten seconds fails."""
    config = {"max_connection": 1, "connection_timeout": 3, "read_timeout": 30, "max_retry_times": 0}
    with ward.edited(ward.embedding, {"client_config": config}), ward.faults("sagemaker", delay_ms=4_000):
        yield


@contextmanager
def private_address(ward: Ward) -> Iterator[None]:
    """The connector calls a server of the company's own network, and the trusted endpoints allow it."""
    settings = ward.operator.json("GET", f"{SETTINGS}&include_defaults=true")
    before = settings["persistent"].get(TRUSTED)
    trusted = before or settings["defaults"][TRUSTED]
    ward.by_hand("PUT", SETTINGS, {"persistent": {TRUSTED: [*trusted, "^https://10\\.0\\.0\\.5/.*$"]}})
    try:
        with ward.edited(ward.answer, {"parameters": {"endpoint": "10.0.0.5"}}, ward.by_hand):
            yield
    finally:
        ward.by_hand("PUT", SETTINGS, {"persistent": {TRUSTED: before}})


@contextmanager
def another_dimension(ward: Ward) -> Iterator[None]:
    """Somebody creates the index again, for a model of theirs; its documents are gone."""
    name, before = next(iter(ward.engine("GET", f"/{ward.known.index}").items()))
    again = remade(before)
    field = again["mappings"]["properties"][ward.known.embedding_field]
    ward.engine("DELETE", f"/{name}")
    other = again["mappings"]["properties"] | {ward.known.embedding_field: field | {"dimension": 8}}
    ward.engine("PUT", f"/{name}", again | {"mappings": again["mappings"] | {"properties": other}})
    try:
        yield
    finally:
        ward.engine("DELETE", f"/{name}")
        ward.engine("PUT", f"/{name}", again)
        ward.deployment.ingest()


def replace_mappings(ward: Ward) -> None:
    """Somebody replaces the mappings with a list of only their own role; the master user's entry is gone, too."""
    for role in ("all_access", "ml_full_access", f"osml-{ward.deployment.name}-operator"):
        ward.engine("PUT", f"{MAPPINGS}/{role}", {"backend_roles": ["arn:aws:iam::000000000000:role/theirs"]})


def remade(index: dict[str, Any]) -> dict[str, Any]:
    """The body that makes the same index again, without the fields that the engine sets."""
    own = ("creation_date", "uuid", "version", "provided_name")
    settings = {key: value for key, value in index["settings"]["index"].items() if key not in own}
    return {"settings": {"index": settings}, "mappings": index["mappings"], "aliases": index.get("aliases", {})}


# The name of the complaint, and the function that causes it. The numbers refer to the list of users' complaints; its
# other entries are damage to objects (damage.py).
BY_HAND: tuple[tuple[str, Callable[[Ward], AbstractContextManager[None]]], ...] = (
    ("throttled", throttled),  # 2
    ("pass-role-missing", lost_pass_role),  # 4
    ("secret-key-missing", renamed_key),  # 4
    ("endpoint-too-slow", slow_endpoint),  # 6
    ("connections-exhausted", exhausted_pool),  # 6
    ("key-not-taken-over", rotated_key),  # 7
    ("private-address", private_address),  # 9
    ("dimension-mismatch", another_dimension),  # 10
)
