"""What a stack retains after its deletion or rollback, and how another stack imports it, as in CloudFormation."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from osml.deploy.identifier import IDENTIFIERS, identifier
from osml.deploy.kept import Kept, kept
from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud, Stack

cloud = cloud_process.cloud

KEPT = {"DeletionPolicy": "RetainExceptOnCreate"}
TRUST = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "es.amazonaws.com"}}]}
BROKEN = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "SecureString", "Value": "no", "Name": "no"}}


@pytest.fixture
def resources() -> dict[str, Any]:
    """Resources with each form of physical id: their own name, a generated id, an id of two parts."""
    name = f"k{uuid.uuid4().hex[:8]}"
    rule = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
    return {
        "Domain": {
            "Type": "AWS::OpenSearchService::Domain",
            "Properties": {
                "DomainName": name,
                "EngineVersion": "OpenSearch_3.5",
                "ClusterConfig": {"InstanceType": "r7g.medium.search", "InstanceCount": 1},
                "EBSOptions": {"EBSEnabled": True, "VolumeSize": 10, "VolumeType": "gp3"},
            },
            **KEPT,
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}, **KEPT},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": name}, **KEPT},
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {}, **KEPT},
        "SignIn": {
            "Type": "AWS::Cognito::UserPoolDomain",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "Domain": name},
            **KEPT,
        },
        "Key": {
            "Type": "AWS::OpenSearchServerless::SecurityPolicy",
            "Properties": {
                "Name": name,
                "Type": "encryption",
                "Policy": json.dumps({"Rules": [rule], "AWSOwnedKey": True}),
            },
            **KEPT,
        },
        "Group": {
            "Type": "AWS::OpenSearchServerless::CollectionGroup",
            "Properties": {"Name": name, "Generation": "NEXTGEN", "StandbyReplicas": "ENABLED"},
            **KEPT,
        },
        "Network": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "A group", "VpcId": "vpc-0a1b2c3d"},
            **KEPT,
        },
        "LogPolicy": {
            "Type": "AWS::Logs::ResourcePolicy",
            "Properties": {"PolicyName": name, "PolicyDocument": json.dumps({"Statement": []})},
            **KEPT,
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
            **KEPT,
        },
    }


def made(cloud: Cloud, name: str, resources: dict[str, Any]) -> Stack:
    api = cloud.client("cloudformation")
    body = json.dumps({"Resources": resources})
    api.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    return Stack(api, name)


def exists(cloud: Cloud, resource: Kept, resources: dict[str, Any], all: list[Kept]) -> bool:
    control, named = cloud.client("cloudcontrol"), named_of(resource, resources, all)
    try:
        control.get_resource(TypeName=resource.type, Identifier="|".join(named.values()))
    except control.exceptions.ResourceNotFoundException:
        return False
    return True


def named_of(resource: Kept, resources: dict[str, Any], all: list[Kept]) -> dict[str, str]:
    others = {other.logical_id: other.id for other in all}
    physical_id = identifier(resource.type, resource.id, resources[resource.logical_id]["Properties"], others)
    assert physical_id is not None
    return physical_id


def test_a_rolled_back_creation_leaves_nothing(cloud: Cloud, resources: dict[str, Any]) -> None:
    name = f"k{uuid.uuid4().hex[:6]}-search"
    late = {**BROKEN, "DependsOn": list(resources)}
    stack = made(cloud, name, {**resources, "Broken": late})
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    stack.delete()
    again = made(cloud, name, resources)
    assert again.settled()["StackStatus"] == "CREATE_COMPLETE", again.reasons()
    assert kept(cloud.client("cloudformation"), name.removesuffix("-search")) == {}


def test_retain_alone_would_block_the_next_attempt(cloud: Cloud, resources: dict[str, Any]) -> None:
    """`Retain`, which the templates once had, leaves a resource whose name stays taken."""
    domain = {**resources["Domain"], "DeletionPolicy": "Retain"}
    first = cloud.deploy({"Domain": domain, "Broken": {**BROKEN, "DependsOn": "Domain"}})
    assert first.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    second = cloud.deploy({"Domain": domain})
    assert second.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exists" in second.reasons()


def test_what_was_kept_is_taken_in_by_another_stack(cloud: Cloud, resources: dict[str, Any]) -> None:
    prefix = f"k{uuid.uuid4().hex[:6]}"
    name, api = f"{prefix}-search", cloud.client("cloudformation")
    first = made(cloud, name, resources)
    assert first.settled()["StackStatus"] == "CREATE_COMPLETE", first.reasons()
    assert kept(api, prefix) == {}, "the stack is there"
    first.delete()
    blocked = made(cloud, name, {"Domain": resources["Domain"]})
    assert blocked.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exists" in blocked.reasons()
    [(stack, left)] = kept(api, prefix).items()
    assert stack == name
    assert {resource.logical_id for resource in left} == set(resources)
    assert {resource.type for resource in left} <= set(IDENTIFIERS)
    assert all(exists(cloud, resource, resources, left) for resource in left)
    blocked.delete()
    wanted = [
        {
            "ResourceType": resource.type,
            "LogicalResourceId": resource.logical_id,
            "ResourceIdentifier": named_of(resource, resources, left),
        }
        for resource in left
    ]
    api.create_change_set(
        StackName=name,
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        ResourcesToImport=wanted,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    api.execute_change_set(StackName=name, ChangeSetName="import")
    again = Stack(api, name)
    assert again.settled()["StackStatus"] == "IMPORT_COMPLETE", again.reasons()
    held = api.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in held} == {
        resource.logical_id: resource.id for resource in left
    }
    assert kept(api, prefix) == {}
    changed = {**resources, "Role": {**resources["Role"], "DeletionPolicy": "Delete"}}
    again.update(changed)
    again.delete()
    # The last event counts: a role that a later stack has imported and deleted is no longer a retained resource.
    assert {resource.logical_id for resource in kept(api, prefix)[name]} == set(resources) - {"Role"}
    role = next(resource for resource in left if resource.logical_id == "Role")
    assert not exists(cloud, role, resources, left)


def test_what_does_not_exist_is_not_taken_in(cloud: Cloud, resources: dict[str, Any]) -> None:
    api, name = cloud.client("cloudformation"), f"k{uuid.uuid4().hex[:6]}"
    domain = {"ResourceType": "AWS::OpenSearchService::Domain", "LogicalResourceId": "Domain"}
    api.create_change_set(
        StackName=name,
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        ResourcesToImport=[{**domain, "ResourceIdentifier": {"DomainName": "nobody"}}],
        TemplateBody=json.dumps({"Resources": {"Domain": resources["Domain"]}}),
    )
    change_set = api.describe_change_set(StackName=name, ChangeSetName="import")
    assert change_set["Status"] == "FAILED"
    assert "'nobody' was not found" in change_set["StatusReason"]


def test_a_protected_stack_is_not_deleted(cloud: Cloud) -> None:
    stack = cloud.deploy({"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}})
    assert stack.settled()["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    api: Any = stack.cloudformation
    api.update_termination_protection(StackName=stack.name, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        api.delete_stack(StackName=stack.name)
    api.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)
    stack.delete()
