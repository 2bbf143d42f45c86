"""The policy that the domains of an account share, in the form that CloudWatch Logs accepts."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from osml.deploy import log_policy
from osml.failure import Failure

CALLER = {"Account": "111122223333", "Arn": "arn:aws-cn:iam::111122223333:user/somebody", "UserId": "A"}


def stubbed(service: str) -> tuple[Any, Stubber]:
    given = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client: Any = boto3.client(service, region_name="cn-north-1", **given)  # type: ignore[call-overload]
    return client, Stubber(client)


def test_domains_of_the_account_may_write_into_groups_of_its_environments() -> None:
    sts, who = stubbed("sts")
    logs, answers = stubbed("logs")
    who.add_response("get_caller_identity", CALLER)
    written: list[str] = []
    logs.meta.events.register("provide-client-params.*", lambda params, **_: written.append(params["policyDocument"]))
    answers.add_response("put_resource_policy", {}, {"policyName": log_policy.NAME, "policyDocument": ANY})
    with who, answers:
        log_policy.ensure(sts, logs)
    [statement] = json.loads(written[0])["Statement"]
    assert statement["Principal"] == {"Service": "es.amazonaws.com"}
    assert statement["Resource"] == "arn:aws-cn:logs:cn-north-1:111122223333:log-group:osml-*"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "ArnLike": {"aws:SourceArn": "arn:aws-cn:es:cn-north-1:111122223333:domain/*"},
    }


def test_a_full_region_is_a_sentence() -> None:
    sts, who = stubbed("sts")
    logs, answers = stubbed("logs")
    who.add_response("get_caller_identity", CALLER)
    answers.add_client_error("put_resource_policy", "LimitExceededException", "Resource limit exceeded.")
    with who, answers, pytest.raises(Failure, match=r"search.log_policy is 'exist'\), failed: .*limit exceeded"):
        log_policy.ensure(sts, logs)
