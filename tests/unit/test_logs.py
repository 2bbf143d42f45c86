"""`osml logs`: which logs an environment has, and each line once, in order of time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from osml.main import app
from osml.remote.logs import LOG_GROUP, Logs, sources
from osml.remote.stack_state import Resource, StackState

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLISECONDS = int(BEGAN.timestamp() * 1000)
GROUPS = {"ask": "group-of-ask", "keeper": "group-of-keeper"}


def event(id: str, seconds: float, text: str) -> dict[str, Any]:
    return {"eventId": id, "timestamp": MILLISECONDS + int(seconds * 1000), "message": text}


def look(stub: Stubber, start: int, *answers: list[dict[str, Any]] | None) -> None:
    """Expects a request for each group from `start` on; None means that there is no such group."""
    for group, events in zip(GROUPS.values(), answers, strict=True):
        request = {"logGroupName": group, "startTime": start}
        if events is None:
            stub.add_client_error("filter_log_events", "ResourceNotFoundException", expected_params=request)
        else:
            stub.add_response("filter_log_events", {"events": events}, request)


def test_a_log_is_named_after_what_writes_it() -> None:
    resources = [
        Resource("AskLogA3C40E18", LOG_GROUP, "one", "CREATE_COMPLETE"),
        Resource("SearchIndexSlowLog25B2F11D", LOG_GROUP, "two", "UPDATE_COMPLETE"),
        Resource("KeeperLog94737A1E", LOG_GROUP, "gone", "DELETE_COMPLETE"),
        Resource("AskPolicy825A0600", "AWS::IAM::Policy", "none", "CREATE_COMPLETE"),
    ]
    assert sources([StackState("osml-dev-assistant", "CREATE_COMPLETE", resources=resources)]) == {
        "ask": "one",
        "search-index-slow": "two",
    }


def test_each_line_comes_once_in_the_order_of_the_times_and_late_lines_are_not_lost() -> None:
    client = boto3.client("logs", region_name="us-east-1")
    with Stubber(client) as stub:
        look(stub, MILLISECONDS, [event("1", 50, "first\n"), event("2", 70, "third")], [event("3", 60, "second")])
        # From thirty seconds before the last line on.
        later = MILLISECONDS + 40_000
        look(stub, later, [event("2", 70, "third"), event("4", 45, "late")], None)
        look(stub, later, [event("5", 71, "new")], [])
        logs = Logs(client, GROUPS, BEGAN)
        assert [(line.source, line.text) for line in logs.next()] == [
            ("ask", "first"),
            ("keeper", "second"),
            ("ask", "third"),
        ]
        assert [line.text for line in logs.next()] == ["late"]
        assert [line.text for line in logs.next()] == ["new"]
        stub.assert_no_pending_responses()


def test_nothing_was_written_yet_and_the_next_look_begins_where_the_first_did() -> None:
    client = boto3.client("logs", region_name="us-east-1")
    with Stubber(client) as stub:
        look(stub, MILLISECONDS, [], [])
        look(stub, MILLISECONDS, [event("1", 1, "first")], [])
        logs = Logs(client, GROUPS, BEGAN)
        assert logs.next() == []
        assert [line.text for line in logs.next()] == ["first"]


@pytest.mark.parametrize("since", ["15", "m", "-5m", "0m", "5 minutes", "1w"])
def test_a_time_that_cannot_be_read_is_refused(since: str) -> None:
    result = CliRunner().invoke(app, ["logs", "--env", "dev", "--since", since])
    assert result.exit_code == 2
    assert "such as 15m" in " ".join(result.output.split())
