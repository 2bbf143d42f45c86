"""The log policy that the domains of an account share, if their environments have no policy of their own."""

import json
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.aws_error import advised, cause_of
from osml.failure import Failure

NAME = "osml-domain-logs"


def ensure(sts: Any = None, logs: Any = None) -> None:
    """Create the policy, or write it again unchanged. Raises Failure.

    It belongs to no environment, so `osml destroy` does not remove it.
    """
    try:
        caller = (sts or boto3.client("sts")).get_caller_identity()
        client = logs or boto3.client("logs")
        document = _document(caller["Arn"].split(":")[1], client.meta.region_name, caller["Account"])
        client.put_resource_policy(policyName=NAME, policyDocument=json.dumps(document))
    except (ClientError, BotoCoreError) as error:
        tried = f"Writing the policy {NAME}, by which the domain writes its logs (search.log_policy is 'exist'),"
        raise Failure(f"{tried} failed: {advised(error)}", cause_of(error)) from None


def _document(partition: str, region: str, account: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "es.amazonaws.com"},
                "Action": ["logs:PutLogEvents", "logs:CreateLogStream"],
                # The name of a group begins with the name of its stack, and thus with `osml-`.
                "Resource": f"arn:{partition}:logs:{region}:{account}:log-group:osml-*",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:{partition}:es:{region}:{account}:domain/*"},
                },
            }
        ],
    }
