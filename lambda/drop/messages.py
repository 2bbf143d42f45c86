"""Messages of S3 in a queue: the objects to load."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from dropped_objects import Dropped


@dataclass(frozen=True)
class DropMessage:
    """One message: its `body`, how often it was `received`, and its objects as bucket, key and size.

    `sent` is when the queue got it, in seconds since 1970; None if that is unknown. `fault` is the reason why it names
    no objects. A test message of S3 has neither.
    """

    id: str
    receipt: str
    received: int
    body: str
    objects: tuple[tuple[str, str, int], ...] = ()
    fault: str = ""
    sent: float | None = None

    @classmethod
    def of(cls, record: dict[str, Any]) -> "DropMessage":
        """Build the message from a record of Lambda's event."""
        id, receipt = str(record["messageId"]), str(record["receiptHandle"])
        attributes = record.get("attributes", {})
        received = int(attributes.get("ApproximateReceiveCount", 1))
        sent = int(attributes["SentTimestamp"]) / 1000 if "SentTimestamp" in attributes else None
        text = str(record["body"])
        try:
            body = json.loads(text)
            if body.get("Event") == "s3:TestEvent":
                return cls(id, receipt, received, text)
            objects = tuple(
                # The key is encoded as in a form: a space is a plus.
                (str(s3["bucket"]["name"]), unquote_plus(s3["object"]["key"]), int(s3["object"].get("size", 0)))
                for s3 in (record["s3"] for record in body["Records"])
            )
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            return cls(id, receipt, received, text, fault=f"it is not an S3 notification ({type(error).__name__})")
        return cls(id, receipt, received, text, objects, sent=sent)


def objects_of(messages: Iterable[DropMessage], prefix: str) -> list[Dropped]:
    """Each object once, even if several messages name it. The smallest come first: a large one may use up the time."""
    objects: dict[tuple[str, str], Dropped] = {}
    sizes: dict[tuple[str, str], int] = {}
    for message in messages:
        for bucket, key, size in message.objects:
            dropped = objects.setdefault((bucket, key), Dropped(bucket, key, key.removeprefix(prefix)))
            dropped.messages.append(message.id)
            sizes[bucket, key] = size
    return [objects[place] for place in sorted(objects, key=lambda place: sizes[place])]
