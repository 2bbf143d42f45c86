"""Stacks of an environment that its settings no longer have: the assistant, or ways to load documents."""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from rich.console import Console

from osml.aws_error import advised, cause_of
from osml.deploy import drop
from osml.failure import Failure
from osml.place import Place
from settings.environment_parts import PARTS


def orphans(place: Place) -> list[str]:
    """Names of deployed stacks that the settings no longer have, the last created first."""
    settings = place.settings()
    client: Any = boto3.client("cloudformation")
    names = []
    for part in reversed(PARTS):
        name = f"{settings.prefix}-{part}"
        if part in settings.parts:
            continue
        try:
            client.describe_stacks(StackName=name)
        except ClientError as error:
            if "does not exist" in str(error):
                continue
            raise Failure(f"Reading the stack {name} failed: {advised(error)}", cause_of(error)) from None
        except BotoCoreError as error:
            raise Failure(f"Reading the stack {name} failed: {advised(error)}", cause_of(error)) from None
        names.append(name)
    return names


def remove(place: Place) -> None:
    """Delete the orphaned stacks. Raises Failure.

    This happens before other stacks are deployed or deleted, because no stack can remove an export that is in use.
    """
    client: Any = boto3.client("cloudformation")
    for name in orphans(place):
        Console(stderr=True).print(f"Removing {name} …", highlight=False, soft_wrap=True)
        try:
            drop.empty_stack(place, name)
            client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
            client.delete_stack(StackName=name)
            waits = {"Delay": 1 if place.instance else 10, "MaxAttempts": 360}
            client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=waits)
        except (ClientError, BotoCoreError, WaiterError) as error:
            raise Failure(f"Removing the stack {name} failed: {advised(error)}", cause_of(error)) from None
