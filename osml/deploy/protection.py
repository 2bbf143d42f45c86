"""Protection of an environment's stacks from deletion, if `search.removal` is retain.

The CDK would protect a stack before its first change set. A failed first deploy could then be neither repeated nor
removed. Therefore osml protects a stack after its creation, and gives each deploy the names of the protected stacks.
"""

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.aws_error import advised, cause_of
from osml.deploy.kept import NEVER_CREATED
from osml.failure import Failure
from osml.place import Place
from settings.environment_parts import PARTS


def protected(place: Place) -> list[str]:
    """Names of the stacks that are protected and stay protected. Raises Failure."""
    settings = place.settings()
    if settings.search.removal != "retain":
        return []
    return [stack["StackName"] for stack in _stacks(place) if stack.get("EnableTerminationProtection")]


def protect(place: Place) -> None:
    """Protect every created stack, if the environment keeps its data. Raises Failure."""
    if place.settings().search.removal == "retain":
        _set(place, True)


def lift(place: Place) -> None:
    """Remove the protection, so that the stacks can be deleted. Raises Failure."""
    _set(place, False)


def _set(place: Place, wanted: bool) -> None:
    for stack in _stacks(place):
        if bool(stack.get("EnableTerminationProtection")) == wanted:
            continue
        if wanted and stack["StackStatus"] in NEVER_CREATED:
            continue
        name = stack["StackName"]
        try:
            client: Any = boto3.client("cloudformation")
            client.update_termination_protection(StackName=name, EnableTerminationProtection=wanted)
        except (ClientError, BotoCoreError) as error:
            tried = f"Setting the termination protection of {name} to {str(wanted).lower()}"
            raise Failure(f"{tried} failed: {advised(error)}", cause_of(error)) from None


def _stacks(place: Place) -> Iterator[dict[str, Any]]:
    client: Any = boto3.client("cloudformation")
    for part in PARTS:
        name = f"{place.settings().prefix}-{part}"
        try:
            yield client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise Failure(f"Reading the stack {name} failed: {advised(error)}", cause_of(error)) from None
        except BotoCoreError as error:
            raise Failure(f"Reading the stack {name} failed: {advised(error)}", cause_of(error)) from None
