"""Ids of log events, by which a client tells a new event from one that it has.

MiniStack 1.5.33 gives none; AWS gives one for each event, of 56 digits, in FilterLogEvents.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
"""

from itertools import count
from typing import Any

from ministack.services import cloudwatch_logs

_numbers = count()


def install() -> None:
    """Gives the following log events ids; once per process."""
    append = cloudwatch_logs._append_log_events

    def append_with_ids(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        for event in events:
            event.setdefault("eventId", f"{event['timestamp']:014d}{next(_numbers):042d}")
        append(stream, events)

    cloudwatch_logs._append_log_events = append_with_ids
