"""SQS calls this function with messages of S3 about objects in a bucket; it loads them, and names those that failed.

Variables: `DESTINATION` (see corpus/load_settings.py), `DOCUMENTS` and `REFUSED` (the prefixes in the bucket),
`QUEUE_URL`, `DEAD_LETTERS_URL`, `ATTEMPTS`, `ENVIRONMENT`.
"""

import functools
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws.bulk_requests import connect
from aws.clients import client
from aws.telemetry import count, json_lines
from aws.textract import reading
from calls.starting import EMBEDDING, START_SECONDS, starting
from corpus.destination import Stopped
from corpus.load import BACKOFF, load
from corpus.load_settings import LoadSettings
from corpus.report import Report
from dropped_objects import TIME_OVER, Dropped, Shipment
from messages import DropMessage, objects_of

# The seconds that are reserved for dead letters and for returning messages.
MARGIN_SECONDS = 15.0
# A message comes back after 5, 20, 80 … seconds, at most a quarter of an hour; after the last attempt, at once.
FIRST_RETURN, LAST_RETURN = 5, 900


class ModelStarting(Stopped):
    """The model that embeds is starting, and needs about `seconds`. Loading stops: a function that waits is billed."""

    def __init__(self, seconds: int | None) -> None:
        self.seconds = round(seconds or START_SECONDS)
        super().__init__(starting(EMBEDDING, self.seconds))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point: `batchItemFailures` are the messages that come again."""
    ends: float = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    messages = [DropMessage.of(record) for record in event["Records"]]
    to = LoadSettings.from_environment()

    def left() -> float:
        return ends - time.monotonic()

    shipment = Shipment(
        objects_of(messages, os.environ["DOCUMENTS"]),
        client("s3"),
        reading(to.text_field, to.scans, left),
        functools.partial(_on_time, ends),
        left,
        to.groups,
    )
    trouble, wait = "", 0
    try:
        trouble = _load(shipment, to, ends)
    except ModelStarting as failure:
        trouble, wait = str(failure), failure.seconds
    for dropped in shipment.objects:
        if dropped.dead_letters:
            dropped.trouble = dropped.trouble or _refuse(dropped)
    failed = {
        id for dropped in shipment.objects if not (dropped.is_loaded or dropped.is_hopeless) for id in dropped.messages
    }
    hopeless = {id for dropped in shipment.objects if dropped.is_hopeless for id in dropped.messages}
    hopeless |= {message.id for message in messages if message.fault}
    failed |= _give_up([message for message in messages if message.id in hopeless - failed])
    _give_back([message for message in messages if message.id in failed], wait)
    _tell(shipment, messages, trouble)
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in messages if message.id in failed]}


def _load(shipment: Shipment, to: LoadSettings, ends: float) -> str:
    """Load all objects; returns the reason if the load was not finished. Raises ModelStarting."""
    report = Report()
    try:
        load(
            shipment.entries(),
            connect(to.target, to.index, ends),
            parts=to.cut,
            dead_letters=shipment.dead_letter,
            confirmed=shipment.confirmed,
            pause=_pause(ends),
            starting=functools.partial(_starting, to.start_seconds),
            report=report,
        )
    except ModelStarting:
        raise
    except Stopped as stopped:
        return str(stopped)
    except Exception as error:  # noqa: BLE001 - told in the log; the text of an unknown error may hold anything
        return f"the load failed with {type(error).__name__}"
    finally:
        if report.masked:
            _log().info("Personal data were masked.", extra={"masked": report.masked, "documents": report.masked_in})
    return ""


def _starting(seconds: int | None) -> None:
    raise ModelStarting(seconds)


def _pause(ends: float) -> Callable[[int, float], float]:
    def within(attempt: int, least: float) -> float:
        _on_time(ends)
        return min(BACKOFF.pause(attempt, least), max(0.0, ends - time.monotonic()))

    return within


def _on_time(ends: float) -> None:
    if time.monotonic() > ends:
        raise Stopped(TIME_OVER)


def _refuse(dropped: Dropped) -> str:
    """Write the dead letters of an object into the bucket; returns the reason if that failed."""
    key = f"{os.environ['REFUSED']}{dropped.name}.ndjson"
    try:
        client("s3").put_object(
            Bucket=dropped.bucket, Key=key, Body=dropped.written(), ContentType="application/x-ndjson"
        )
    except (ClientError, BotoCoreError) as error:
        return f"the reasons could not be written to {key}: {_code(error)}"
    return ""


def _give_up(messages: list[DropMessage]) -> set[str]:
    """Send messages whose objects can never be loaded to the dead letters; returns the ids of those not sent."""
    if not messages:
        return set()
    entries = [{"Id": str(number), "MessageBody": message.body} for number, message in enumerate(messages)]
    try:
        answer = client("sqs").send_message_batch(QueueUrl=os.environ["DEAD_LETTERS_URL"], Entries=entries)
    except (ClientError, BotoCoreError) as error:
        _log().warning("Messages were not given up.", extra={"finding": "NotGivenUp", "why": _code(error)})
        return {message.id for message in messages}
    return {messages[int(failure["Id"])].id for failure in answer.get("Failed", [])}


def _give_back(messages: list[DropMessage], wait: int) -> None:
    """Return messages to the queue, with a longer delay after each attempt, and at least `wait` seconds."""
    if not messages:
        return
    entries = [
        {
            "Id": str(number),
            "ReceiptHandle": message.receipt,
            "VisibilityTimeout": _until_return(message.received, wait),
        }
        for number, message in enumerate(messages)
    ]
    try:
        client("sqs").change_message_visibility_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=entries)
    except (ClientError, BotoCoreError) as error:
        # They come back anyway, after the queue's visibility timeout.
        _log().warning(
            "Messages could not be returned to the queue.", extra={"finding": "NotGivenBack", "why": _code(error)}
        )


def _until_return(received: int, wait: int) -> int:
    last = received >= int(os.environ["ATTEMPTS"])
    return 0 if last else max(wait, min(LAST_RETURN, FIRST_RETURN * 4 ** (received - 1)))


def _tell(shipment: Shipment, messages: list[DropMessage], trouble: str) -> None:
    """Log a line for each object that was not loaded, and one line with numbers as metrics."""
    log = _log()
    for message in messages:
        if message.fault:
            about = {"finding": "NoNotification", "why": message.fault}
            log.warning("A message becomes a dead letter: %s", message.id, extra=about)
    for dropped in shipment.objects:
        if not dropped.is_loaded:
            about = {"finding": "NotLoaded", "object": f"s3://{dropped.bucket}/{dropped.key}"}
            log.warning(
                "An object was not loaded to its end.",
                extra={**about, "why": dropped.trouble or dropped.reason or trouble},
            )
    numbers = {
        "Loaded": sum(dropped.is_loaded for dropped in shipment.objects),
        "NotLoaded": sum(not dropped.is_loaded for dropped in shipment.objects),
        "Refused": sum(dropped.refused for dropped in shipment.objects),
    }
    loaded = {id for dropped in shipment.objects if dropped.is_loaded for id in dropped.messages}
    waits = [time.time() - message.sent for message in messages if message.id in loaded and message.sent is not None]
    count(numbers, _dimensions(), {"IngestLag": max(waits)} if waits else {})


def _dimensions() -> dict[str, str]:
    return {"environment": os.environ["ENVIRONMENT"]}


def _log() -> logging.Logger:
    return json_lines("drop", _dimensions())


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
