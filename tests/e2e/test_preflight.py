"""A preflight on the emulated AWS: it finds what would stop a deploy, with its fix, before anything is created."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from osml.deploy.cdk import bootstrap
from osml.place import Place
from sandbox.instance import ACCOUNT, REGION, Instance
from tests.e2e.conftest import CommandLine
from tests.e2e.neighbours import write_environment

NAME = "early"
EXECUTION = f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
TAKEN = f"osml-{NAME}"
DENIED = {"Statement": [{"Effect": "Deny", "Action": "es:CreateDomain", "Resource": "*"}]}

HARDWARE: dict[str, Any] = {
    "data_nodes": {"instance_type": "t3.medium.search", "count": 1},
    "volume": {"size": 10},
}
DOMAIN: dict[str, Any] = {
    "DomainName": TAKEN,
    "EngineVersion": "OpenSearch_3.5",
    "ClusterConfig": {"InstanceType": "t3.small.search", "InstanceCount": 1},
    "EBSOptions": {"EBSEnabled": True, "VolumeSize": 10},
    "EncryptionAtRestOptions": {"Enabled": True},
    "NodeToNodeEncryptionOptions": {"Enabled": True},
    "DomainEndpointOptions": {"EnforceHTTPS": True},
    "AdvancedSecurityOptions": {
        "Enabled": True,
        "MasterUserOptions": {"MasterUserARN": f"arn:aws:iam::{ACCOUNT}:role/{EXECUTION}"},
    },
}


@pytest.fixture(scope="module")
def environment(osml: CommandLine, local_cloud: Instance, directory: Path, key: str) -> Iterator[CommandLine]:
    """An environment that is not deployed, in an account that is bootstrapped."""
    bootstrap(Place("sandbox", local_cloud))
    write_environment(directory, NAME, {"kind": "domain", "engine_version": "OpenSearch_3.5"} | HARDWARE)
    osml.environment["OSML_ENVIRONMENTS"] = str(directory)
    yield osml
    del osml.environment["OSML_ENVIRONMENTS"]


def failed(osml: CommandLine, code: int) -> dict[str, str]:
    body = json.loads(osml("preflight", "--env", NAME, "--sandbox", "--json", code=code).stdout)
    assert body["healthy"] == (code == 0)
    assert [check for check in body["checks"] if check["state"] == "unchecked"] == []
    return {check["complaint"]: check["seen"] for check in body["checks"] if check["state"] == "failed"}


def test_what_aws_would_refuse_is_found_before_anything_is_made(environment: CommandLine) -> None:
    logs, iam = boto3.client("logs"), boto3.client("iam")
    opensearch: Any = boto3.client("opensearch")
    names = [f"other-{number}" for number in range(10)]
    try:
        for name in names:
            logs.put_resource_policy(policyName=name, policyDocument="{}")
        iam.put_role_policy(RoleName=EXECUTION, PolicyName="denied", PolicyDocument=json.dumps(DENIED))
        opensearch.create_domain(**DOMAIN)
        complaints = failed(environment, 1)
        assert set(complaints) == {"log-policies-full", "deploy-not-allowed", "name-taken"}
        assert (
            f"may not do es:CreateDomain on arn:aws:es:{REGION}:{ACCOUNT}:domain/{TAKEN}"
            in complaints["deploy-not-allowed"]
        )
        assert complaints["name-taken"].startswith(f"AWS::OpenSearchService::Domain {TAKEN} already exists")
        stacks = [stack["StackName"] for stack in boto3.client("cloudformation").describe_stacks()["Stacks"]]
        assert [name for name in stacks if name.startswith(f"osml-{NAME}")] == []
    finally:
        opensearch.delete_domain(DomainName=TAKEN)
        iam.delete_role_policy(RoleName=EXECUTION, PolicyName="denied")
        for name in names:
            logs.delete_resource_policy(policyName=name)
