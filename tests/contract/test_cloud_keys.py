"""Keys of KMS that a template names, on the emulated AWS: it refuses the same keys as Amazon."""

import json
from typing import Any

import pytest

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud
from tests.shown.blocks import block

cloud = cloud_process.cloud

ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
    "Action": "kms:*",
    "Resource": "*",
}
ABSENT = "arn:aws:kms:us-east-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef"


def documented() -> list[dict[str, Any]]:
    """The statements that a key needs according to docs/encryption.md, for this account."""
    policy = block("docs/encryption.md", "json").text
    statement: list[dict[str, Any]] = json.loads(policy.replace("111122223333", "000000000000"))["Statement"]
    return statement


def key(cloud: Cloud, statements: list[dict[str, Any]]) -> str:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return str(cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def deployed(cloud: Cloud, type: str, **properties: Any) -> tuple[str, str]:
    """Deploy a stack with one such resource; returns its state and the reasons of a failure."""
    stack = cloud.deploy({"One": {"Type": type, "Properties": properties}})
    state = stack.settled()["StackStatus"]
    reasons = stack.reasons()
    stack.delete()
    return state, reasons


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        (documented(), "CREATE_COMPLETE"),
        ([ROOT], "ROLLBACK_COMPLETE"),
        ([item for item in documented() if item["Sid"] != "LogGroups"], "ROLLBACK_COMPLETE"),
        ([{**item, "Action": ["kms:Decrypt"]} for item in documented()], "ROLLBACK_COMPLETE"),
        (
            json.loads(json.dumps(documented()).replace("logs:us-east-1:000000000000", "logs:eu-west-1:000000000000")),
            "ROLLBACK_COMPLETE",
        ),
    ],
)
def test_a_log_group_takes_a_key_whose_policy_names_the_logs(
    cloud: Cloud, statements: list[dict[str, Any]], state: str
) -> None:
    end, reasons = deployed(cloud, "AWS::Logs::LogGroup", KmsKeyId=key(cloud, statements))
    assert end == state, reasons
    assert state == "CREATE_COMPLETE" or "is not allowed to be used with Arn" in reasons


@pytest.mark.parametrize(
    ("type", "properties"),
    [
        ("AWS::Logs::LogGroup", {"KmsKeyId": ABSENT}),
        ("AWS::SecretsManager::Secret", {"KmsKeyId": ABSENT, "SecretString": "x"}),
        (
            "AWS::DynamoDB::Table",
            {
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": ABSENT},
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        ),
    ],
)
def test_a_key_that_does_not_exist_is_refused(cloud: Cloud, type: str, properties: dict[str, Any]) -> None:
    state, reasons = deployed(cloud, type, **properties)
    assert state == "ROLLBACK_COMPLETE"
    assert "does not exist" in reasons


def test_a_disabled_key_is_refused_and_an_enabled_one_is_taken(cloud: Cloud) -> None:
    arn, kms = key(cloud, [ROOT]), cloud.client("kms")
    assert deployed(cloud, "AWS::SecretsManager::Secret", KmsKeyId=arn, SecretString="x")[0] == "CREATE_COMPLETE"
    kms.disable_key(KeyId=arn)
    assert deployed(cloud, "AWS::SecretsManager::Secret", KmsKeyId=arn, SecretString="x")[0] == "ROLLBACK_COMPLETE"
