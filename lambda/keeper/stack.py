"""The state of the stack whose objects are watched: while CloudFormation works on it, the keeper does nothing."""

import boto3


class StackChanges(Exception):
    """CloudFormation has begun to change or delete the stack, and goes first."""


def require_quiet(name: str) -> None:
    """Raises StackChanges while the stack changes, and botocore's errors."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS") or status.startswith("DELETE_"):
        raise StackChanges(f"{name} is {status}")
