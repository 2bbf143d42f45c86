"""A role's trust survives the re-creation of the trusted role only when the trust names that role by name."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud

cloud = cloud_process.cloud

ACCOUNT = "000000000000"
NAME = "provisioner"
ARN = f"arn:aws:iam::{ACCOUNT}:role/{NAME}"
BY_ROLE = {"Principal": {"AWS": ARN}}
BY_NAME = {
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Condition": {"ArnEquals": {"aws:PrincipalArn": ARN}},
}
ANYBODY = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


def role(cloud: Cloud, name: str, trust: dict[str, Any], *, takes: str = "*") -> None:
    iam = cloud.client("iam")
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", **trust}]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    allowed = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": takes}]}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(allowed))


def remove(cloud: Cloud, name: str) -> None:
    iam = cloud.client("iam")
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)


def takes(cloud: Cloud, name: str, *, caller: str = NAME) -> bool:
    """Whether the role `caller` may assume the role `name`."""

    def assume(client: Any, which: str) -> dict[str, Any]:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{which}"
        keys: dict[str, Any] = client.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return keys

    own = assume(cloud.client("sts"), caller)
    session = {
        "aws_access_key_id": own["AccessKeyId"],
        "aws_secret_access_key": own["SecretAccessKey"],
        "aws_session_token": own["SessionToken"],
    }
    try:
        assume(cloud.client("sts", **session), name)
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


def test_only_a_trust_by_name_survives_the_recreation_of_the_trusted_role(cloud: Cloud) -> None:
    role(cloud, "by-name", BY_NAME)
    with pytest.raises(ClientError, match="Invalid principal in policy"):
        role(cloud, "by-role", BY_ROLE)
    role(cloud, NAME, ANYBODY)
    role(cloud, "other", ANYBODY)
    role(cloud, "by-role", BY_ROLE)
    assert takes(cloud, "by-name")
    assert takes(cloud, "by-role")
    assert not takes(cloud, "by-name", caller="other")
    remove(cloud, NAME)
    shown = cloud.client("iam").get_role(RoleName="by-role")["Role"]["AssumeRolePolicyDocument"]
    assert "AROA" in json.dumps(shown)
    role(cloud, NAME, ANYBODY)
    assert takes(cloud, "by-name")
    assert not takes(cloud, "by-role")


def test_a_stack_cannot_trust_a_role_that_is_not_there(cloud: Cloud) -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"{ARN}-absent"}}]}
    stack = cloud.deploy({"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}})
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Invalid principal in policy" in stack.reasons()
    stack.delete()
