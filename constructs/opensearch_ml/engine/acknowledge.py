"""Findings of cdk-nag that this library accepts, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept the findings in `reasons` (rule → reason) on `scope` and everything below it."""
    rules = [Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]
    Validations.of(scope).acknowledge(*rules)


def acknowledge_wildcards(scope: IConstruct, resources: Iterable[str], reason: str) -> None:
    """Accept the wildcards in `resources`, the ARNs of a policy, and no others."""
    stack = Stack.of(scope)
    rules = [f"AwsSolutions-IAM5[Resource::{_flat(stack.resolve(resource))}]" for resource in resources]
    acknowledge(scope, dict.fromkeys(rules, reason))


def wildcard_rules(written: str) -> list[str]:
    """The findings on `written` as an action or a resource of a policy; it must contain no token."""
    return [f"AwsSolutions-IAM5[{kind}::{written}]" for kind in ("Action", "Resource")]


def _flat(resource: Any) -> str:
    # cdk-nag 3 names a finding by its resource. It writes <AWS::Region> for {"Ref": "AWS::Region"}, and JSON for an
    # intrinsic function that it does not know.
    if isinstance(resource, str):
        return resource
    ((function, value),) = resource.items()
    if function == "Fn::Join":
        return str(value[0]).join(_flat(part) for part in value[1])
    if function == "Ref":
        return f"<{value}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(value)}>"
    if function == "Fn::ImportValue":
        return _flat(value)
    return json.dumps(resource, separators=(",", ":"))
