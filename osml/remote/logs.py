"""The log groups of an environment's stacks, and their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from osml.remote.stack_state import StackState

LOG_GROUP = "AWS::Logs::LogGroup"
# CDK ends a logical id with eight hexadecimal digits; the constructs name a log group after its function.
_SUFFIX = re.compile(r"(Log)?[0-9A-F]{8}$")
# CloudWatch Logs shows a line some seconds after it is written, in no fixed order among streams.
LATE = timedelta(seconds=30)


@dataclass(frozen=True)
class LogLine:
    """One event: when it was written, the `source` that wrote it, such as `ask`, and its text without a line end."""

    id: str
    when: datetime
    source: str
    text: str


def sources(stacks: Sequence[StackState]) -> dict[str, str]:
    """The names of the log groups by source: `ask`, `documents`, `keeper`, `search-index-slow` and so on."""
    return {
        _source(resource.logical_id): resource.id
        for stack in stacks
        for resource in stack.resources
        if resource.type == LOG_GROUP and resource.id and not resource.is_gone
    }


class Logs:
    """Reads the log `groups` (name by source) from `since` on; `client` is boto3's of CloudWatch Logs."""

    def __init__(self, client: Any, groups: Mapping[str, str], since: datetime) -> None:
        self._client, self._groups, self._since = client, groups, since
        self._seen: dict[str, datetime] = {}

    def next(self) -> list[LogLine]:
        """The lines since the last call, in the order of their times; the first call returns all from `since` on."""
        lines = [line for source in self._groups for line in self._of(source) if line.id not in self._seen]
        self._seen |= {line.id: line.when for line in lines}
        if self._seen:
            self._since = max(self._since, max(self._seen.values()) - LATE)
            self._seen = {id: when for id, when in self._seen.items() if when >= self._since}
        return sorted(lines, key=lambda line: line.when)

    def _of(self, source: str) -> Iterator[LogLine]:
        request = {"logGroupName": self._groups[source], "startTime": int(self._since.timestamp() * 1000)}
        try:
            for page in self._client.get_paginator("filter_log_events").paginate(**request):
                for event in page["events"]:
                    when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                    yield LogLine(event["eventId"], when, source, event["message"].rstrip())
        except self._client.exceptions.ResourceNotFoundException:
            # A function that was never called may have no log group yet.
            return


def _source(logical_id: str) -> str:
    """`AskLogA3C40E18` as `ask`, `SearchIndexSlowLog25B2F11D` as `search-index-slow`."""
    return "-".join(re.findall("[A-Z][a-z0-9]*", _SUFFIX.sub("", logical_id))).lower()
