"""The function `documents` when its queue calls it: each message is for one job of an upload.

Variables: `QUEUE_URL`, and `ATTEMPTS`, the number of calls that a message gets.
"""

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import current
from gateway import telemetry
from rag.jobs import BEGIN, Jobs
from rag.own_settings import settings
from rag.parts import Parts
from rag.parts import parts as own_parts

# Seconds of the function's time that are reserved for storing the job's progress.
MARGIN = 15.0
# A message comes back after 5, 20, 80 … seconds.
FIRST_RETURN = 5


def worked(
    event: dict[str, Any], context: Any, jobs: Jobs | None = None, sqs: Any = None, parts: Parts | None = None
) -> dict[str, Any]:
    """Work on the jobs of the messages; `batchItemFailures` are the messages whose jobs must be tried again.

    The last attempt reports documents that might be stored later as failed.
    """
    failures = []
    for record in event["Records"]:
        received = int(record["attributes"]["ApproximateReceiveCount"])
        telemetry.begin(str(context.aws_request_id))
        telemetry.belongs_to(settings().environment)
        for id in _jobs_of(record):
            seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN
            last = received >= int(os.environ["ATTEMPTS"])
            own = jobs or Jobs(str(settings().uploads))
            why = own.work(id, seconds, parts or own_parts(), current.originals(), last=last)
            telemetry.logger.info("Worked on a job.", extra={"job": id, "received": received, "later": why})
            if why:
                failures.append({"itemIdentifier": record["messageId"]})
                _later(record["receiptHandle"], FIRST_RETURN * 4 ** (received - 1), sqs or _queue)
        telemetry.end()
    return {"batchItemFailures": failures}


def _jobs_of(record: dict[str, Any]) -> list[str]:
    """The ids in a message from S3; none when S3 only tests the queue."""
    events = json.loads(record["body"]).get("Records", [])
    keys = [unquote_plus(event["s3"]["object"]["key"]) for event in events]
    return [key.removeprefix(f"{BEGIN}/") for key in keys if key.startswith(f"{BEGIN}/")]


def _later(receipt: str, seconds: int, queue: Callable[[], Any]) -> None:
    queue().change_message_visibility(
        QueueUrl=os.environ["QUEUE_URL"], ReceiptHandle=receipt, VisibilityTimeout=seconds
    )


def _queue() -> Any:
    import boto3

    return boto3.client("sqs")
