"""The key of `encryption` can be used by the deploy, and by the services CloudWatch Logs, S3 and CloudWatch."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Complaint, Noted, Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext
from settings.regions import PARTITIONS

TITLE, BEFORE_DEPLOY = "encryption key", True
ABSENT = ("NotFoundException", "InvalidArnException")
PAGE = "docs/encryption.md"


def look(context: PreflightContext) -> Iterator[Seen]:
    """The key's state and kind, and the services that its policy names."""
    encryption = context.settings.encryption
    if encryption is None:
        raise Skipped("encryption is not set: Amazon's keys are used")
    client = context.session.client("kms")
    try:
        key = client.describe_key(KeyId=encryption.key)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"].get("Code") not in ABSENT:
            raise
        yield _wrong(context, f"encryption.key is {encryption.key!r}, but there is no such key in {context.region}")
        return
    if key["KeyState"] != "Enabled":
        yield _wrong(context, f"The key {key['KeyId']} of encryption.key is {key['KeyState']}")
    if key["KeySpec"] != "SYMMETRIC_DEFAULT" or key["KeyUsage"] != "ENCRYPT_DECRYPT":
        kind = f"{key['KeySpec']} for {key['KeyUsage']}"
        yield _wrong(context, f"The key {key['KeyId']} of encryption.key is not a symmetric encryption key but {kind}")
    policy = json.loads(client.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    missing = [service for service in _services(context) if not _allows(policy, service)]
    logs = next((service for service in missing if service.startswith("logs.")), None)
    if logs:
        cause = f"The policy of the key {key['KeyId']} does not let {logs} encrypt log groups"
        yield _wrong(context, cause, f"Add the statement LogGroups of {PAGE} to the key's policy.")
    others = [service for service in missing if service != logs]
    if others:
        cause = f"The policy of the key {key['KeyId']} does not name {' and '.join(others)}"
        yield Noted(_wrong(context, cause, f"Add the statements of {PAGE} to the key's policy."))
    if not missing and key["KeyState"] == "Enabled":
        yield f"{key['KeyId']} is enabled, and its policy names the services that use it"


def _services(context: PreflightContext) -> list[str]:
    """The service principals that use the key in this environment."""
    suffix = next(partition.suffix for partition in PARTITIONS if partition.name == context.partition)
    services = [f"logs.{context.region}.{suffix}"]
    types = {resource["Type"] for resources in context.templates.values() for resource in resources.values()}
    if "AWS::SQS::Queue" in types:
        services.append("s3.amazonaws.com")
    if "AWS::SNS::Topic" in types:
        services.append("cloudwatch.amazonaws.com")
    return services


def _allows(policy: dict[str, Any], service: str) -> bool:
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        named = [principal] if isinstance(principal, str) else principal.get("Service", [])
        if statement.get("Effect") == "Allow" and service in ([named] if isinstance(named, str) else named):
            return True
    return False


def _wrong(context: PreflightContext, cause: str, fix: str | None = None) -> Complaint:
    return complaint(context.place, "key-unusable", cause, fix)
