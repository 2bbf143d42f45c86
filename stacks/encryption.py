"""The environment's KMS key for all resources of its stacks that store data and accept a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards
from opensearch_ml.engine.python_function import PythonFunction
from settings.encryption import Encryption
from settings.sagemaker_disks import keeps_its_own_key

KEY = "KEY"
# The properties of each resource type that contain the key, with the members beside it.
PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "AWS::DynamoDB::Table": {"SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}},
    "AWS::Lambda::Function": {"KmsKeyArn": KEY},
    "AWS::Logs::LogGroup": {"KmsKeyId": KEY},
    "AWS::OpenSearchService::Domain": {"EncryptionAtRestOptions.KmsKeyId": KEY},
    "AWS::S3::Bucket": {
        "BucketEncryption.ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
            }
        ]
    },
    "AWS::SNS::Topic": {"KmsMasterKeyId": KEY},
    "AWS::SQS::Queue": {"KmsMasterKeyId": KEY, "SqsManagedSseEnabled": None},
    "AWS::SageMaker::EndpointConfig": {"KmsKeyId": KEY},
    "AWS::SecretsManager::Secret": {"KmsKeyId": KEY},
}
# A role that may do one of these actions reads or writes encrypted data, so it needs the key.
USES = (
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)


@dataclass
class _Stored:
    """Resources that accept a key, policies that need it, and the logical ids of the buckets for access logs."""

    resources: list[cdk.CfnResource] = field(default_factory=list)
    policies: list[iam.Policy] = field(default_factory=list)
    logs: set[str] = field(default_factory=set)


def encrypt(scope: Construct, encryption: Encryption) -> None:
    """Encrypt all data that the stacks in `scope` store, and let the roles that read and write it use the key.

    A ServerlessCollection gets its key when it is created, and not here. The pipelines of OpenSearch Ingestion have no
    persistent buffer to encrypt.
    """
    stored = _stored(scope)
    for resource in stored.resources:
        if not _exempt(resource, stored.logs):
            key = key_arn(cdk.Stack.of(resource), encryption)
            for path, value in PROPERTIES[resource.cfn_resource_type].items():
                _override(resource, path, value, key)
    for policy in stored.policies:
        statement, wildcards = _usage(cdk.Stack.of(policy), encryption)
        policy.add_statements(statement)
        acknowledge_wildcards(
            policy,
            wildcards,
            "The condition allows only the key with this alias, and the key's ARN is not known at synth.",
        )


def key_arn(stack: cdk.Stack, encryption: Encryption) -> str:
    """The ARN of the key, or of its alias in the account and region of the stack."""
    alias = encryption.alias or ""
    return encryption.arn or stack.format_arn(
        service="kms", resource="alias", resource_name=alias.removeprefix("alias/")
    )


def _stored(scope: Construct) -> _Stored:
    stored = _Stored()
    for construct in scope.node.find_all():
        if isinstance(construct, PythonFunction):
            # Lambda decrypts the variables of a function with the function's role.
            stored.policies.append(construct.policy)
        if isinstance(construct, iam.Policy):
            if construct not in stored.policies and _actions(construct) & set(USES):
                stored.policies.append(construct)
        elif isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type in PROPERTIES:
            stored.resources.append(construct)
            if isinstance(construct, s3.CfnBucket):
                stack = cdk.Stack.of(construct)
                logging = stack.resolve(construct.logging_configuration) or {}
                stored.logs |= {logging["destinationBucketName"]["Ref"]} if logging else set()
    return stored


def _actions(policy: iam.Policy) -> set[str]:
    statements = cdk.Stack.of(policy).resolve(policy.document.to_json() or {}).get("Statement", [])
    return {
        action
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def _exempt(resource: cdk.CfnResource, logs: set[str]) -> bool:
    """Whether the service accepts no key for `resource`.

    S3 writes access logs only with its own key, and some instances of SageMaker encrypt their disks themselves.
    """
    stack = cdk.Stack.of(resource)
    if isinstance(resource, sagemaker.CfnEndpointConfig):
        variants = stack.resolve(resource.production_variants)
        return any(keeps_its_own_key(variant["instanceType"]) for variant in variants)
    return stack.resolve(resource.logical_id) in logs


def _override(resource: cdk.CfnResource, path: str, value: Any, key: str) -> None:
    if value is None:
        resource.add_property_deletion_override(path)
    else:
        resource.add_property_override(path, _with_key(value, key))


def _with_key(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_key(member, key) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_key(member, key) for member in value]
    return key if value == KEY else value


def _usage(stack: cdk.Stack, encryption: Encryption) -> tuple[iam.PolicyStatement, list[str]]:
    """The permission to use the key, and the wildcards in it.

    IAM identifies a key by its id. An alias can only be in a condition, so its statement has a wildcard for the key.
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    actions = ["kms:Decrypt", "kms:GenerateDataKey"]
    if encryption.alias is None:
        return iam.PolicyStatement(actions=actions, resources=[key_arn(stack, encryption)]), []
    any_key = stack.format_arn(service="kms", resource="key", resource_name="*")
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": encryption.alias}}
    return iam.PolicyStatement(actions=actions, resources=[any_key], conditions=condition), [any_key]
