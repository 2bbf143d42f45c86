"""One time budget for an invocation: what is repeated, how long it is waited for, and what is logged."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from calls.backoff import Backoff
from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, journal, kind_named
from mlcommons.errors import (
    Blocked,
    Conflict,
    EngineFailed,
    NotOurs,
    ProvisioningError,
    Unanswered,
    Unreachable,
    Untrusted,
)
from mlcommons.patience import MISHAP, NO_CONNECTION, OUTAGE
from mlcommons.translation import error_of
from tests.unit.kernel_clock import Clock

OWNER = Owner("stack", "Pipeline")
SPEC: dict[str, Any] = {"name": "chat", "pipeline": {"description": "hush-hush", "processors": []}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _patience(clock: Clock, seconds: float = 300.0, jitter: float = 0.5) -> Patience:
    return Patience(seconds, 20.0, clock=clock, sleep=clock.sleep, jitter=lambda: jitter)


def _error(
    kind: type[ProvisioningError], status: int | None = None, retry_after: float | None = None
) -> ProvisioningError:
    error = kind("Trying", "it broke")
    error.status, error.retry_after = status, retry_after
    return error


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_waits_have_full_jitter_below_a_ceiling_that_doubles(clock: Clock, jitter: float) -> None:
    patience = _patience(clock, jitter=jitter)
    for _ in range(7):
        assert patience.outlast(_error(Unanswered))
    ceilings = [min(Backoff.longest, Backoff.first * 2**number) for number in range(7)]
    assert clock.slept == pytest.approx([ceiling * (1 - jitter) for ceiling in ceilings])
    assert min(clock.slept) > 0


@pytest.mark.parametrize(
    ("error", "longest"),
    [
        (_error(EngineFailed, 500), MISHAP),
        (_error(Conflict, 409), MISHAP),
        (_error(Unreachable), NO_CONNECTION),
        (_error(EngineFailed, 503), OUTAGE),
        (_error(Unanswered), OUTAGE),
    ],
)
def test_a_trouble_is_waited_for_as_long_as_it_is_worth(clock: Clock, error: ProvisioningError, longest: float) -> None:
    patience = _patience(clock)
    while patience.outlast(error):
        pass
    assert longest <= clock.now <= longest + Backoff.longest
    assert not patience.outlast(error), "another request does not begin anew"


@pytest.mark.parametrize(
    "error", [_error(NotOurs), _error(Untrusted), _error(Unreachable, 404), _error(ProvisioningError, 400)]
)
def test_what_does_not_pass_is_not_waited_for(clock: Clock, error: ProvisioningError) -> None:
    assert not _patience(clock).outlast(error)
    assert clock.slept == []


def test_the_deadline_is_above_all(clock: Clock) -> None:
    patience = _patience(clock, seconds=20.0)
    while patience.outlast(_error(Blocked, 403)):
        pass
    assert clock.now < 20
    assert not patience.outlast(_error(EngineFailed, 503, retry_after=30.0))


@pytest.mark.parametrize("seconds", [0, 7, 120])
def test_a_date_to_retry_after_is_one_by_the_servers_clock(seconds: int) -> None:
    now = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
    until = format_datetime(now + timedelta(seconds=seconds), usegmt=True)
    headers = {"date": format_datetime(now, usegmt=True), "retry-after": until}
    assert error_of("GET /x", Response(503, {}, headers)).retry_after == seconds


def test_repeats_of_the_client_and_of_the_kernel_do_not_multiply(clock: Clock) -> None:
    """Client and kernel meet the same 500: together they wait no longer than one of them alone."""
    broken = Response(500, {"error": {"reason": "broken"}, "status": 500})
    transport = MockTransport(lambda request: Response(404, {}) if request.method == "GET" else broken)
    with pytest.raises(EngineFailed):
        apply(kind_named("SearchPipeline"), SPEC, client=Client(transport, _patience(clock)), owner=OWNER)
    assert sum(clock.slept) <= MISHAP + Backoff.longest
    assert len(transport.writes) <= 12


BLOCK = "blocked by: [FORBIDDEN/6/cluster read-only (api)];"


@pytest.mark.parametrize(
    "answer",
    [
        Response(403, {"error": {"type": "cluster_block_exception", "reason": BLOCK}, "status": 403}),
        Response(
            500,
            {
                "error": {
                    "type": "status_exception",
                    "reason": "Failed to put data object in index .plugins-ml-model-group",
                    "caused_by": {"type": "cluster_block_exception", "reason": BLOCK},
                },
                "status": 500,
            },
        ),
        Response(500, {"status": "INTERNAL_SERVER_ERROR", "message": f"Error {BLOCK}"}),
    ],
)
def test_a_read_only_block_is_waited_for_and_is_no_missing_permission(clock: Clock, answer: Response) -> None:
    """The answers of an index, of ml-commons and of the security plugin, as OpenSearch 3.4 gives them."""
    answers = iter([answer] * 9)
    transport = MockTransport(lambda _: next(answers, Response(200, {"ok": True})))
    assert Client(transport, _patience(clock)).put("/x", {}) == {"ok": True}
    assert clock.now > MISHAP
    sentence = str(error_of("PUT /x", answer))
    assert sentence.endswith("No permission is missing. Free disk space, or remove the block.")


@pytest.mark.parametrize("body", ['{"connector_id": "abc', "[1, "])
def test_half_an_answer_to_a_create_is_not_asked_for_again(clock: Clock, body: str) -> None:
    transport = MockTransport(lambda _: Response(200, body))
    with pytest.raises(Unanswered):
        Client(transport, _patience(clock)).post("/_plugins/_ml/connectors/_create", {})
    assert len(transport.requests) == 1


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The JSON lines that a handler with our filter writes."""
    written: list[str] = []

    class Written(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.dumps(record.msg))

    handler = Written()
    handler.addFilter(journal.About())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    journal.begin(None)


def test_every_line_of_a_retry_says_whose_it_is(clock: Clock, lines: list[str]) -> None:
    answers = iter([Response(503, {}), Response(503, {}), Response(404, {}), Response(500, {"message": "broken"})])
    pipeline = {"chat": SPEC["pipeline"] | {"description": f"hush-hush (osml:{OWNER})"}}

    def answer(request: Request) -> Response:
        return next(answers, Response(200, pipeline if request.method == "GET" else {"acknowledged": True}))

    patience = _patience(clock)
    journal.begin(journal.Subject("r-1", "Create", "Custom::MlSearchPipeline", OWNER, patience))
    apply(kind_named("SearchPipeline"), SPEC, client=Client(MockTransport(answer), patience), owner=OWNER)
    logging.getLogger("urllib3").warning("a library's %s", "line")
    said = [json.loads(line) for line in lines]
    assert [line["attempt"] for line in said] == [1, 2, 3, 4]
    assert {(line["request"], line["type"], line["kind"], line["owner"]) for line in said} == {
        ("r-1", "Create", "Custom::MlSearchPipeline", "stack/Pipeline")
    }
    assert said[-1]["said"] == "a library's line"
    assert [line["milliseconds"] for line in said] == sorted(line["milliseconds"] for line in said)
    assert not any("hush-hush" in line for line in lines)


def test_without_an_invocation_a_line_stays_as_it_is(lines: list[str]) -> None:
    logging.getLogger("mlcommons").warning({"alone": True})
    assert [json.loads(line) for line in lines] == [{"alone": True}]
