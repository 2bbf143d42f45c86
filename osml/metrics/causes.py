"""What went wrong in an environment, counted by its cause, from the logs of its functions."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import boto3

from osml.cause import known
from osml.place import Place
from osml.remote.logs import Logs, sources
from osml.remote.stack_state import stack_states

UNEXPLAINED = "unexplained"


def causes(place: Place, since: timedelta) -> Counter[tuple[str, str]]:
    """How often each function logged a failure of each cause within the last `since`, by function and cause."""
    session = boto3.Session(region_name=place.settings().region)
    reader = Logs(session.client("logs"), sources(stack_states(session, place)), datetime.now(UTC) - since)
    counted: Counter[tuple[str, str]] = Counter()
    for line in reader.next():
        if (cause := cause_of(line.text)) is not None:
            counted[line.source, cause] += 1
    return counted


def cause_of(line: str) -> str | None:
    """The cause in a log line of a failure, `unexplained` for one without; None for other lines."""
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if str(record.get("level")) not in ("WARNING", "ERROR"):
        return None
    return known(record.get("cause")) or UNEXPLAINED
