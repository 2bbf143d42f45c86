"""The identifiers by which CloudFormation imports existing resources."""

from collections.abc import Mapping
from typing import Any

# The primary identifier of each type that our stacks keep, from the types' registered schemas.
IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "AWS::Cognito::UserPool": ("UserPoolId",),
    "AWS::Cognito::UserPoolDomain": ("UserPoolId", "Domain"),
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::EC2::SecurityGroup": ("Id",),
    "AWS::EC2::VPCEndpoint": ("Id",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Logs::ResourcePolicy": ("PolicyName",),
    "AWS::OpenSearchServerless::Collection": ("Id",),
    "AWS::OpenSearchServerless::CollectionGroup": ("Id",),
    "AWS::OpenSearchServerless::SecurityPolicy": ("Type", "Name"),
    "AWS::OpenSearchServerless::VpcEndpoint": ("Id",),
    "AWS::OpenSearchService::Domain": ("DomainName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SQS::Queue": ("QueueUrl",),
    "AWS::SecretsManager::Secret": ("Id",),
}


def identifier(
    type: str, physical_id: str, properties: Mapping[str, Any], others: Mapping[str, str]
) -> dict[str, str] | None:
    """The identifier of a resource whose template has `properties`; None for a type that is not imported.

    Each part of an identifier with several parts is a property: a text, or a reference to one of `others` (physical ids
    by logical id). A part that is neither is the last part of the physical id.
    """
    keys = IDENTIFIERS.get(type)
    if keys is None:
        return None
    if len(keys) == 1:
        return {keys[0]: physical_id}
    return {key: _part(properties.get(key), others) or physical_id.rpartition("|")[2] for key in keys}


def _part(value: Any, others: Mapping[str, str]) -> str | None:
    if isinstance(value, str):
        return value
    reference = value.get("Ref") if isinstance(value, dict) else None
    return others.get(reference) if reference else None
