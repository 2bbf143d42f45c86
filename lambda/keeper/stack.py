"""The state of the stack whose objects are kept: while CloudFormation works on it, the keeper does nothing."""

import boto3


class StackChanges(Exception):
    """CloudFormation has begun to change or delete the stack: its work comes first."""


def require_quiet(name: str) -> None:
    """Raises StackChanges unless the stack is at rest, and botocore's errors."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS") or status.startswith("DELETE_"):
        raise StackChanges(f"{name} is {status}")
