"""What no IAM document in any template may contain, whatever recipe and environment it is from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Templates = dict[str, dict[str, Any]]
Document = tuple[str, str, dict[str, Any]]
DIRECTORIES = (Path(__file__).parents[2] / "environments", Path(__file__).parent / "environments")
FILES = sorted(file for directory in DIRECTORIES for file in directory.glob("*.yaml"))

# Actions that IAM evaluates against no resource, or whose resource is not known beforehand.
NO_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# Lambda accepts the role of a function in a VPC only with these actions on all resources. Another test denies them to
# the code.
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
}
# Services that send no aws:SourceAccount when they assume a function's role, or the role of all access logs.
SILENT_SERVICES = {"apigateway.amazonaws.com", "lambda.amazonaws.com"}
# Amazon's guide shows the trust of this role without a condition, and no condition is known to work. Another account
# cannot pass the role to a domain of its own.
UNCONDITIONED = "DashboardsRole"
SEARCH_SERVICES = {"es.amazonaws.com", "opensearchservice.amazonaws.com", "ml.opensearchservice.amazonaws.com"}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documents(template: dict[str, Any], flat: Callable[[Any], Any]) -> Iterator[Document]:
    """Every statement of a template, flat, with the logical id of its resource and the property that contains it."""

    def walk(name: str, path: str, value: Any) -> Iterator[Document]:
        if isinstance(value, dict):
            if isinstance(value.get("Statement"), list):
                for statement in value["Statement"]:
                    yield name, path, statement
            else:
                for key, item in value.items():
                    yield from walk(name, key, item)
        elif isinstance(value, list):
            for item in value:
                yield from walk(name, path, item)
        elif path == "PolicyDocument" and isinstance(value, str):
            yield from walk(name, path, json.loads(value))

    for name, resource in template["Resources"].items():
        yield from walk(name, "", flat(resource.get("Properties", {})))


def faults(name: str, statement: dict[str, Any]) -> Iterator[str]:
    """The faults of a flat statement, as sentences."""
    for key in ("NotAction", "NotResource", "NotPrincipal"):
        if key in statement:
            yield f"{name}: {key} says what is meant by leaving it out"
    if statement["Effect"] == "Deny":
        return
    for action in listed(statement["Action"]):
        if "*" in action:
            yield f"{name}: the action {action} is not one action"
    yield from _resource_faults(name, statement)
    for kind, principals in _principals(statement):
        for principal in listed(principals):
            yield from _principal_faults(name, statement, kind, principal)


def _resource_faults(name: str, statement: dict[str, Any]) -> Iterator[str]:
    for resource in listed(statement.get("Resource", [])):
        if resource == "*":
            needless = set(listed(statement["Action"])) - NO_RESOURCE - INTERFACES
            if needless:
                yield f"{name}: {', '.join(sorted(needless))} on every resource"
            if "cloudwatch:PutMetricData" in listed(statement["Action"]) and "cloudwatch:namespace" not in str(
                statement.get("Condition")
            ):
                yield f"{name}: metrics of every namespace"
        elif resource.startswith("arn:"):
            _, partition, service, _, account, rest = resource.replace("<AWS::", "<").split(":", 5)
            if "*" in partition + service + account or rest.startswith("*"):
                yield f"{name}: {resource} names no resource"


def _principals(statement: dict[str, Any]) -> list[tuple[str, Any]]:
    principal = statement.get("Principal", {})
    return list(principal.items()) if isinstance(principal, dict) else [("any", principal)]


def _principal_faults(name: str, statement: dict[str, Any], kind: str, principal: str) -> Iterator[str]:
    condition = statement.get("Condition", {})
    keys = {key for operator in condition.values() for key in operator}
    if principal == "*":
        # Before its sign-in, a private API knows no principals; its policy names the endpoints.
        if "aws:SourceVpce" not in condition.get("StringEquals", {}):
            yield f"{name}: everybody is let in"
    elif kind == "AWS" and principal.endswith(":root") and not principal.endswith("<AWS::AccountId>:root"):
        if not keys & {"aws:PrincipalArn", "sts:ExternalId"}:
            yield f"{name}: everybody of the account in {principal} is let in"
    elif kind == "Service" and principal not in SILENT_SERVICES and UNCONDITIONED not in name:
        # The ARN of a single resource contains its account.
        one_resource = "*" not in str(condition.get("ArnEquals", {}).get("aws:SourceArn", "*"))
        if "aws:SourceAccount" not in keys and not one_resource:
            yield f"{name}: {principal} may come for any account"
        if principal in SEARCH_SERVICES and not _names_a_domain(condition):
            yield f"{name}: {principal} may come for any domain"


def _names_a_domain(condition: dict[str, Any]) -> bool:
    arns = [arn for operator in condition.values() for arn in listed(operator.get("aws:SourceArn", []))]
    return bool(arns) and all(re.search(r":domain/[^*]+$|^<.*Arn.*>$|^<import ", arn) for arn in arns)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_policies_are_narrow(
    templates: Callable[[str], Templates], synthesize: Callable[..., Templates], flat: Callable[[Any], Any], file: Path
) -> None:
    made = templates(file.stem) if file.parent == DIRECTORIES[0] else synthesize(file.stem, file.parent)
    denied = [
        fault
        for template in made.values()
        for name, _, statement in documents(template, flat)
        for fault in faults(name, statement)
    ]
    assert denied == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_code_in_a_vpc_may_not_touch_network_interfaces(
    templates: Callable[[str], Templates], synthesize: Callable[..., Templates], flat: Callable[[Any], Any], file: Path
) -> None:
    made = templates(file.stem) if file.parent == DIRECTORIES[0] else synthesize(file.stem, file.parent)
    statements = [document for template in made.values() for document in documents(template, flat)]
    allowed = {
        name for name, _, item in statements if item["Effect"] == "Allow" and INTERFACES & set(listed(item["Action"]))
    }
    denied = {
        name
        for name, _, item in statements
        if item["Effect"] == "Deny"
        and set(listed(item["Action"])) >= INTERFACES
        and "lambda:SourceFunctionArn" in str(item.get("Condition"))
    }
    assert allowed == denied


GOOD: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "es.amazonaws.com"},
    "Condition": {
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
        "ArnLike": {"aws:SourceArn": "arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/osml-dev"},
    },
}
READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ({**READ, "Resource": "*"}, "x: s3:GetObject on every resource"),
        ({**READ, "Resource": ["arn:aws:s3:::a", "*"]}, "x: s3:GetObject on every resource"),
        ({**READ, "Resource": "arn:aws:s3:::*"}, "x: arn:aws:s3:::* names no resource"),
        ({**READ, "Resource": "arn:aws:es:us-east-1:*:domain/a"}, "x: arn:aws:es:us-east-1:*:domain/a names no"),
        ({**READ, "Action": ["s3:Get*"]}, "x: the action s3:Get* is not one action"),
        ({**READ, "NotAction": "s3:PutObject"}, "x: NotAction says"),
        ({**READ, "Action": "cloudwatch:PutMetricData", "Resource": "*"}, "x: metrics of every namespace"),
        ({**READ, "Principal": "*"}, "x: everybody is let in"),
        ({**READ, "Principal": {"AWS": "*"}}, "x: everybody is let in"),
        ({**READ, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, "x: everybody of the account in arn:aws"),
        ({**GOOD, "Condition": {"ArnLike": GOOD["Condition"]["ArnLike"]}}, "x: es.amazonaws.com may come for any acc"),
        (
            {**GOOD, "Condition": {"StringEquals": GOOD["Condition"]["StringEquals"]}},
            "x: es.amazonaws.com may come for any domain",
        ),
        (
            {
                **GOOD,
                "Condition": {**GOOD["Condition"], "ArnLike": {"aws:SourceArn": "arn:aws:es:us-east-1:1:domain/*"}},
            },
            "x: es.amazonaws.com may come for any domain",
        ),
    ],
)
def test_policies_that_are_too_wide_are_found(statement: dict[str, Any], fault: str) -> None:
    assert list(faults("x", GOOD)) == []
    assert list(faults("x", READ)) == []
    (finding,) = faults("x", statement)
    assert finding.startswith(fault)


def test_statements_are_found_wherever_they_stand(
    templates: Callable[[str], Templates], flat: Callable[[Any], Any]
) -> None:
    search = templates("sandbox")["osml-sandbox-search"]
    policies = {(search["Resources"][name]["Type"], path) for name, path, _ in documents(search, flat)}
    assert policies >= {
        ("AWS::IAM::Policy", "PolicyDocument"),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
        ("AWS::OpenSearchService::Domain", "AccessPolicies"),
        ("AWS::Logs::ResourcePolicy", "PolicyDocument"),
    }
