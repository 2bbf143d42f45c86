"""The role with which API Gateway writes access logs: one role for all APIs of an account and region."""

import json
import time
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.aws_error import advised, cause_of
from osml.failure import Failure

NAME = "osml-apigateway-logs"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}
    ],
}
POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
# Other services see a new IAM role within seconds.
ATTEMPTS, PAUSE = 12, 5.0


def ensure() -> str | None:
    """Create the role and set it, and return its ARN; None if a role is already set.

    The role belongs to no environment, so `osml destroy` does not remove it. Raises Failure.
    """
    try:
        gateway: Any = boto3.client("apigateway")
        if gateway.get_account().get("cloudwatchRoleArn"):
            return None
        arn = _role(boto3.client("iam"))
        _set(gateway, arn)
    except (ClientError, BotoCoreError) as error:
        tried = f"Setting the role {NAME} for the access logs of API Gateway in this account and region"
        raise Failure(f"{tried} failed: {advised(error)}", cause_of(error)) from None
    return arn


def _role(iam: Any) -> str:
    try:
        role = iam.create_role(
            RoleName=NAME,
            AssumeRolePolicyDocument=json.dumps(TRUST),
            Description="API Gateway writes the logs of every API of this account with this role",
        )["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=NAME)["Role"]
    arn = str(role["Arn"])
    iam.attach_role_policy(RoleName=NAME, PolicyArn=f"arn:{arn.split(':')[1]}:iam::aws:policy/{POLICY}")
    return arn


def _set(gateway: Any, arn: str) -> None:
    for left in reversed(range(ATTEMPTS)):
        try:
            gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}])
        except gateway.exceptions.BadRequestException:
            if not left:
                raise
            time.sleep(PAUSE)
        else:
            return
