"""The buckets of documents and backups, which must be empty before their stacks can be deleted."""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.place import Place

BUCKET = "AWS::S3::Bucket"


def empty(place: Place) -> None:
    """Removes every object, in all its versions, from the buckets of the environment's stacks, if any.

    CloudFormation does not delete a bucket that contains objects. With `search.removal: retain` the buckets stay as
    they are. Raises Failure.
    """
    for stack in ("ingestion", "assistant", "search"):
        empty_stack(place, f"{place.settings().prefix}-{stack}")


def empty_stack(place: Place, stack: str) -> None:
    """Like `empty`, for one stack of the environment, even if the settings no longer have it. Raises Failure."""
    settings = place.settings()
    if settings.search.removal == "retain":
        return
    session = boto3.Session(region_name=settings.region)
    try:
        for bucket in _buckets(session, stack):
            # The next page or the next attempt finds objects that arrive during this loop.
            session.resource("s3").Bucket(bucket).object_versions.delete()
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Emptying the buckets of the stack {stack} failed: {error}") from None


def _buckets(session: Any, stack: str) -> list[str]:
    try:
        resources = session.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    except ClientError as error:
        if "does not exist" in str(error):
            return []
        raise
    return [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == BUCKET and "PhysicalResourceId" in resource
    ]
