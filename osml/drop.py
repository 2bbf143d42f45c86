"""The bucket that an environment loads documents from, and what must be empty before its stack can go."""

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.place import Place

BUCKET = "AWS::S3::Bucket"


def empty(place: Place) -> None:
    """Removes every object, in all its versions, from the buckets of the ingestion stack; nothing without that stack.

    CloudFormation deletes no bucket that holds something. With `search.removal: retain` the buckets stay as they are.
    Raises Failure.
    """
    settings = place.settings()
    if settings.drop is None or settings.search.removal == "retain":
        return
    session, stack = boto3.Session(region_name=settings.region), f"{settings.prefix}-ingestion"
    try:
        for bucket in _buckets(session, stack):
            # What is put there while this goes on is found by the next page, or by the next attempt.
            session.resource("s3").Bucket(bucket).object_versions.delete()
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Emptying the buckets of the stack {stack} failed: {error}") from None


def _buckets(session: Any, stack: str) -> list[str]:
    try:
        found = session.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    except ClientError as error:
        if "does not exist" in str(error):
            return []
        raise
    return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == BUCKET and "PhysicalResourceId" in one]
