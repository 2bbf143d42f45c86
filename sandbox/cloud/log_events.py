"""Ids of log events: a client uses them to recognize events that it already has.

MiniStack 1.5.33 gives no ids. In FilterLogEvents, AWS gives each event an id of 56 digits.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
"""

from itertools import count
from typing import Any

from ministack.services import cloudwatch_logs

_numbers = count()


def install() -> None:
    """Gives every log event from now on an id; once per process."""
    append = cloudwatch_logs._append_log_events

    def append_with_ids(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        for event in events:
            event.setdefault("eventId", f"{event['timestamp']:014d}{next(_numbers):042d}")
        append(stream, events)

    cloudwatch_logs._append_log_events = append_with_ids
