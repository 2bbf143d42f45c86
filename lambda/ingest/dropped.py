"""SQS calls this function with what S3 says of the objects in a bucket; it loads them, and names those it could not.

Variables: `DESTINATION` (JSON: `target` as for sign_in.py, `index`, `text_field`, `passage_characters`), `DOCUMENTS`
and `REFUSED` (the prefixes in the bucket), `QUEUE_URL`, `ATTEMPTS`, `ENVIRONMENT`.
"""

import functools
import json
import os
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bulk_requests import connect
from corpus.destination import Stopped
from corpus.load import load, pause
from corpus.pieces import parts
from dropped_objects import Dropped, Shipment
from messages import Message, objects_of

# Left for letters, and for giving messages back.
MARGIN_SECONDS = 15.0
# A message comes back after 5, 20, 80 … seconds, a quarter of an hour at most, and at once to be given up.
FIRST_RETURN, LAST_RETURN = 5, 900
PATIENTLY = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 4, "mode": "standard"})
NAMESPACE = "osml"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point: `batchItemFailures` are the messages that are to come again."""
    ends = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    messages = [Message.of(record) for record in event["Records"]]
    to = json.loads(os.environ["DESTINATION"])
    shipment = Shipment(
        objects_of(messages, os.environ["DOCUMENTS"]),
        _client("s3"),
        to["text_field"],
        functools.partial(_on_time, ends),
    )
    trouble = _load(shipment, to, ends)
    failed = {id for one in shipment.objects if not one.is_loaded for id in one.messages}
    failed |= {one.id for one in messages if one.fault}
    for one in shipment.objects:
        if one.letters:
            one.trouble = one.trouble or _refuse(one)
    _give_back([one for one in messages if one.id in failed])
    _tell(shipment, messages, trouble)
    return {"batchItemFailures": [{"itemIdentifier": one.id} for one in messages if one.id in failed]}


def _load(shipment: Shipment, to: dict[str, Any], ends: float) -> str:
    """Send everything; the reason when it was not to the end."""
    try:
        load(
            shipment.entries(),
            connect(to["target"], to["index"], ends),
            parts=functools.partial(parts, text_field=to["text_field"], most=to["passage_characters"]),
            letters=shipment.letter,
            confirmed=shipment.confirmed,
            pause=_pause(ends),
        )
    except Stopped as stopped:
        return str(stopped)
    except Exception as error:  # noqa: BLE001 - told in the log; the text of an unknown error may hold anything
        return f"the load ended with {type(error).__name__}"
    return ""


def _pause(ends: float) -> Callable[[int, float], float]:
    def within(attempt: int, asked: float) -> float:
        _on_time(ends)
        return min(pause(attempt, asked), max(0.0, ends - time.monotonic()))

    return within


def _on_time(ends: float) -> None:
    if time.monotonic() > ends:
        raise Stopped("the function's time is over; raise drop.seconds, or drop smaller objects")


def _refuse(one: Dropped) -> str:
    """Write the letters of an object beside it; the reason when that failed."""
    key = f"{os.environ['REFUSED']}{one.name}.ndjson"
    try:
        _client("s3").put_object(Bucket=one.bucket, Key=key, Body=one.written(), ContentType="application/x-ndjson")
    except (ClientError, BotoCoreError) as error:
        return f"the reasons could not be written to {key}: {_code(error)}"
    return ""


def _give_back(messages: list[Message]) -> None:
    """Let messages come back sooner than their queue would, later with each time."""
    if not messages:
        return
    entries = [
        {
            "Id": str(number),
            "ReceiptHandle": one.receipt,
            "VisibilityTimeout": _until_return(one.received),
        }
        for number, one in enumerate(messages)
    ]
    try:
        _client("sqs").change_message_visibility_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=entries)
    except (ClientError, BotoCoreError) as error:
        # They come back all the same, when the queue's own time is over.
        print(json.dumps({"finding": "NotGivenBack", "why": _code(error)}))


def _until_return(received: int) -> int:
    last = received >= int(os.environ["ATTEMPTS"])
    return 0 if last else min(LAST_RETURN, FIRST_RETURN * 4 ** (received - 1))


def _tell(shipment: Shipment, messages: list[Message], trouble: str) -> None:
    """One line of JSON for each object that was not loaded, and one with figures, as metrics."""
    common = {"environment": os.environ["ENVIRONMENT"]}
    for message in messages:
        if message.fault:
            print(json.dumps({**common, "finding": "NoNotification", "message": message.id, "why": message.fault}))
    for one in shipment.objects:
        if not one.is_loaded:
            why = one.trouble or one.reason or trouble
            print(json.dumps({**common, "finding": "NotLoaded", "object": f"s3://{one.bucket}/{one.key}", "why": why}))
    numbers = {
        "Loaded": sum(one.is_loaded for one in shipment.objects),
        "NotLoaded": sum(not one.is_loaded for one in shipment.objects),
        "Refused": sum(one.refused for one in shipment.objects),
    }
    metrics = [{"Name": name, "Unit": "Count"} for name in numbers]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["environment"]], "Metrics": metrics}
    metadata = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": metadata, **common, **numbers}))


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


@functools.cache
def _client(service: str) -> Any:
    return boto3.client(service, config=PATIENTLY)  # type: ignore[call-overload]
