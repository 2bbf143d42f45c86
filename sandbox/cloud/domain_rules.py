"""The checks that Amazon OpenSearch Service makes before it creates a domain, if they need no cluster."""

import re
from typing import Any

from sandbox.cloud.template import as_bool, as_document
from sandbox.policy_document import statements

Properties = dict[str, Any]
ENGINE_VERSION = re.compile(r"(OpenSearch|Elasticsearch)_\d+\.\d+")
IAM_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:.+")
# From the Developer Guide: instances with their own disks, instances without encryption at rest, and the largest volume
# (GiB) of small instances.
NO_VOLUME = ("i3", "i4g", "i4i", "i8g", "im4gn", "oi2", "r6gd", "r7gd", "r8gd")
NO_ENCRYPTION = ("m3", "r3", "t2")
LARGEST_VOLUME = {"t3.small.search": 100, "t3.medium.search": 200}
PASSWORD_PARTS = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")


class InvalidDomain(ValueError):
    """The domain's settings contradict each other; the message names the setting and the fix."""


def check(props: Properties, *, creating: bool) -> None:
    """Raises InvalidDomain. `props` are those of `AWS::OpenSearchService::Domain` or of `CreateDomain`."""
    version = props.get("EngineVersion")
    if version is not None and not ENGINE_VERSION.fullmatch(str(version)):
        raise InvalidDomain(f"EngineVersion {version!r} is not of the form OpenSearch_X.Y or Elasticsearch_X.Y.")
    try:
        policies = as_document(props.get("AccessPolicies"))
    except ValueError as reason:
        raise InvalidDomain(f"AccessPolicies is not a policy document: {reason}.") from reason
    _check_hardware(props)
    if _enabled(props, "AdvancedSecurityOptions"):
        _check_fine_grained(props, creating=creating)
    elif creating and not props.get("VPCOptions") and _is_open(policies):
        raise InvalidDomain(
            "AccessPolicies let everyone in: enable fine-grained access control or apply a restrictive access "
            "policy to your domain."
        )


def _check_hardware(props: Properties) -> None:
    machine = str((props.get("ClusterConfig") or {}).get("InstanceType", ""))
    family, volume = machine.partition(".")[0], props.get("EBSOptions") or {}
    volumes = as_bool(volume.get("EBSEnabled"))
    if volumes and family in NO_VOLUME:
        raise InvalidDomain(f"EBS storage is not supported for the instance type {machine}.")
    if machine and not volumes and family not in (*NO_VOLUME, "m3", "r3") and "EBSOptions" in props:
        raise InvalidDomain(f"EBS storage must be selected for {machine}.")
    if as_bool((props.get("EncryptionAtRestOptions") or {}).get("Enabled")) and family in NO_ENCRYPTION:
        raise InvalidDomain(f"Encryption at rest is not supported with {machine}.")
    most = LARGEST_VOLUME.get(machine)
    if volumes and most and int(volume.get("VolumeSize") or 0) > most:
        raise InvalidDomain(f"Volume size must be between 10 and {most} for {machine}.")


def _check_fine_grained(props: Properties, *, creating: bool) -> None:
    needed = (
        ("EncryptionAtRestOptions", "Enabled"),
        ("NodeToNodeEncryptionOptions", "Enabled"),
        ("DomainEndpointOptions", "EnforceHTTPS"),
    )
    for option, field in needed:
        if not as_bool((props.get(option) or {}).get(field)):
            raise InvalidDomain(
                f"AdvancedSecurityOptions (fine-grained access control) needs {option}.{field}: set it to true."
            )
    options = props["AdvancedSecurityOptions"]
    internal = as_bool(options.get("InternalUserDatabaseEnabled"))
    master = options.get("MasterUserOptions") or {}
    arn, name, password = (master.get(key) for key in ("MasterUserARN", "MasterUserName", "MasterUserPassword"))
    if arn and (name or password or internal):
        raise InvalidDomain(
            "MasterUserOptions names an IAM ARN and an internal user (or InternalUserDatabaseEnabled): keep one."
        )
    if arn and not IAM_ARN.fullmatch(str(arn)):
        raise InvalidDomain(f"MasterUserARN {arn!r} is not the ARN of an IAM role or user.")
    if (name or password) and not (name and password and internal):
        raise InvalidDomain(
            "An internal master user needs MasterUserName, MasterUserPassword and InternalUserDatabaseEnabled: true."
        )
    if password and (len(password) < 8 or not all(re.search(part, password) for part in PASSWORD_PARTS)):
        raise InvalidDomain(
            "MasterUserPassword needs at least eight characters, among them a small letter, a capital letter, a "
            "digit and a special character."
        )
    if creating and not (arn or name):
        raise InvalidDomain(
            "AdvancedSecurityOptions is enabled without a master user: give MasterUserOptions an IAM ARN, or a name "
            "and a password."
        )


def _is_open(policies: Properties | None) -> bool:
    """Whether a statement admits any caller, without a condition on the request."""
    return any(
        statement.get("Effect") == "Allow"
        and not statement.get("Condition")
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        for statement in statements(policies)
    )


def _enabled(props: Properties, option: str) -> bool:
    return as_bool((props.get(option) or {}).get("Enabled"))
