"""One key encrypts everything that can have a key, and all that reads or writes it may use the key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.shown.blocks import block

DIRECTORY = Path(__file__).parent / "environments"
Templates = dict[str, dict[str, Any]]
# The key as each environment's file names it, which is also the resource in its policies.
KEYS = {
    name: yaml.safe_load((DIRECTORY / f"{name}.yaml").read_text())["encryption"]["key"]
    for name in ("keyed", "keyed-aoss", "keyed-guest")
}
ALIAS = "arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:alias/osml/data"
# Properties that could name a key and do not, with the reason.
WITHOUT = {
    "AWS::Cognito::UserPool": "what the pool keeps stays with a key that Amazon owns: docs/encryption.md says so",
    "AWS::Lambda::EventSourceMapping": "it would encrypt filter criteria, and there are none",
    "AWS::OSIS::Pipeline": "it would encrypt a buffer that stays, and there is none",
    "AWS::OpenSearchServerless::Collection": "its encryption policy names the key",
}


@pytest.fixture(scope="module")
def resources(synthesize: Callable[..., Templates], flat: Callable[[Any], Any]) -> Callable[[str], dict[str, Any]]:
    """The resources of all stacks of an environment, flat, by stack and logical id."""

    def get(name: str) -> dict[str, Any]:
        return {
            f"{stack}/{id}": {**resource, "Properties": flat(resource.get("Properties", {}))}
            for stack, template in synthesize(name, DIRECTORY).items()
            for id, resource in template["Resources"].items()
        }

    return get


def takes_a_key(type: str) -> bool:
    """Whether the schema of the type has a property for a key."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type).schema
    return re.search(r'"[^"]*kms[^"]*key[^"]*": \{', json.dumps(schema), re.IGNORECASE) is not None


@pytest.mark.parametrize("name", KEYS)
def test_all_that_takes_a_key_has_it(resources: Callable[[str], dict[str, Any]], name: str) -> None:
    key = ALIAS if KEYS[name].startswith("alias/") else KEYS[name]
    seen = set()
    for id, resource in resources(name).items():
        type = resource["Type"]
        if not type.startswith("AWS::") or type in WITHOUT or not takes_a_key(type):
            continue
        if ("AccessLog" in id and resource["Type"] == "AWS::S3::Bucket") or "/AnswerModelShape" in id:
            assert key not in json.dumps(resource), id
            continue
        assert key in json.dumps(resource["Properties"]), id
        seen.add(type)
    assert {"AWS::Lambda::Function", "AWS::Logs::LogGroup"} <= seen


def test_each_type_is_encrypted_somewhere(resources: Callable[[str], dict[str, Any]]) -> None:
    from stacks.encryption import PROPERTIES

    kept = {resource["Type"] for name in KEYS for resource in resources(name).values()}
    assert set(PROPERTIES) - kept == set()
    assert set(WITHOUT) - kept == set()


def test_a_collection_has_its_key_from_its_policy(resources: Callable[[str], dict[str, Any]]) -> None:
    policies = [
        resource["Properties"] for resource in resources("keyed-aoss").values() if "SecurityPolicy" in resource["Type"]
    ]
    (policy,) = [json.loads(policy["Policy"]) for policy in policies if policy["Type"] == "encryption"]
    assert (policy["AWSOwnedKey"], policy["KmsARN"]) == (False, KEYS["keyed-aoss"])


def test_a_queue_has_one_kind_of_encryption(resources: Callable[[str], dict[str, Any]]) -> None:
    queues = [
        resource["Properties"] for resource in resources("keyed").values() if resource["Type"] == "AWS::SQS::Queue"
    ]
    assert len(queues) == 6
    assert all("SqsManagedSseEnabled" not in queue for queue in queues)


def statements(resources: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for id, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Policy":
            yield id, resource["Properties"]["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("name", KEYS)
def test_whoever_reads_or_writes_may_use_the_key(resources: Callable[[str], dict[str, Any]], name: str) -> None:
    from stacks.encryption import USES

    users = 0
    for id, granted in statements(resources(name)):
        actions = {
            item
            for each in granted
            for item in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        }
        usage = [item for item in granted if "kms:Decrypt" in item["Action"]]
        if actions & set(USES):
            users += 1
            assert len(usage) == 1, id
        for item in usage:
            assert item["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
            if name == "keyed-guest":
                assert item["Resource"] == "arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*"
                assert item["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/osml/data"}}
            else:
                assert item["Resource"] == KEYS[name]
    assert users >= 2


def test_a_function_may_decrypt_its_variables(resources: Callable[[str], dict[str, Any]]) -> None:
    declared = resources("keyed")
    roles = {
        resource["Properties"]["Role"] for resource in declared.values() if resource["Type"] == "AWS::Lambda::Function"
    }
    able = {
        f"<{role.strip('<>')}.Arn>"
        for resource in declared.values()
        if resource["Type"] == "AWS::IAM::Policy" and "kms:Decrypt" in json.dumps(resource)
        for role in resource["Properties"]["Roles"]
    }
    assert {role for role in roles if not role.startswith("<import")} <= able


def test_the_policy_in_the_docs_lets_every_service_in(resources: Callable[[str], dict[str, Any]]) -> None:
    """A service that uses the key itself, and not through a role, needs a statement in the key's own policy."""
    policy = block("docs/encryption.md", "json").text
    allowed = {
        statement["Principal"]["Service"]: statement["Action"]
        for statement in json.loads(policy)["Statement"]
        if "Service" in statement["Principal"]
    }
    values = resources("keyed").values()
    wanted = set()
    for resource in values:
        wanted |= {"logs.us-east-1.amazonaws.com"} if resource["Type"] == "AWS::Logs::LogGroup" else set()
        wanted |= {"s3.amazonaws.com"} if resource["Properties"].get("NotificationConfiguration") else set()
        targets = resource["Properties"].get("Targets", [])
        wanted |= {"events.amazonaws.com"} if any("SqsParameters" in target for target in targets) else set()
        wanted |= {"cloudwatch.amazonaws.com"} if resource["Type"] == "AWS::SNS::Topic" else set()
    assert set(allowed) == wanted
    assert all(any(action.startswith("kms:GenerateDataKey") for action in item) for item in allowed.values())
    assert all(any(action.startswith("kms:Decrypt") for action in item) for item in allowed.values())
