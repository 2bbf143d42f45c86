"""The state of a stack whose objects are watched: while CloudFormation works on it, the keeper does nothing."""

import boto3
from botocore.exceptions import ClientError


class StackChanges(Exception):
    """CloudFormation is changing or deleting the stack, and takes precedence over the keeper."""


def is_there(name: str) -> bool:
    """Whether the stack exists. Raises StackChanges while it changes, and botocore's errors."""
    try:
        require_quiet(name)
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def require_quiet(name: str) -> None:
    """Raises StackChanges while the stack changes, and botocore's errors."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS") or status.startswith("DELETE_"):
        raise StackChanges(f"{name} is {status}")
