"""What `POST /ask` logs and measures, and the turn that it stores after the answer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway import telemetry
from rag.caller import Caller
from rag.events import Answered, Event, Stage
from rag.failures import Throttled, Unavailable
from rag.models import Question
from tests.unit import edge_asking
from tests.unit.edge_asking import (
    ANSWER,
    SECRET,
    STREAMED,
    Play,
    events,
    failing,
    lines,
    problem,
    read,
    reply_to,
    whole,
)
from tests.unit.edge_requests import REQUEST_ID, SETTINGS

environment, play = edge_asking.environment, edge_asking.play

# For ANSWER: 0.06 USD for a million tokens read, and 0.24 USD for a million written.
MEASURED = {
    "ModelLatency": [40.0],
    "FirstWord": [12.0],
    "Groundedness": [100.0],
    "TokensRead": [1_000_000.0],
    "TokensWritten": [500_000.0],
    "TokenCost": [0.18],
}


def test_logs_and_metrics_tell_what_happened_and_nothing_that_was_asked(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Powertools' handler keeps the stream that was current when it was made.
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", __import__("sys").stdout)
    play(whole)
    read(reply_to({"question": SECRET}, STREAMED))
    play(failing(Throttled("Too often.", "cause")))
    read(reply_to({"question": SECRET}, STREAMED))
    play(failing(RuntimeError(SECRET)))
    read(reply_to({"question": SECRET}, STREAMED))

    log = lines(capsys)
    logged = [line for line in log if "_aws" not in line]
    assert [line["message"] for line in logged] == ["Answered.", "Too often.", "An unforeseen error."]
    assert all(line["request_id"] == REQUEST_ID and len(line["caller"]) == 16 for line in logged)
    assert logged[0]["timings"] == {
        "embed_ms": None,
        "search_ms": 1,
        "model_ms": 40,
        "first_ms": 12,
        "total_ms": 42,
    }
    assert any("edge_asking.py" in place for place in logged[2]["places"])
    measured = [line for line in log if "_aws" in line]
    assert {name: measured[0][name] for name in MEASURED} == MEASURED
    assert [
        [name for name in ("Questions", "Grounded", "Throttled", "Failures") if name in line] for line in measured
    ] == [
        ["Questions", "Grounded"],
        ["Questions", "Throttled"],
        ["Questions", "Failures"],
    ]
    assert measured[0]["environment"] == "unit"
    assert measured[0]["service"] == "assistant"
    everything = json.dumps(log)
    assert SECRET not in everything
    assert "Text." not in everything
    assert "somebody" not in everything


@pytest.mark.parametrize("headers", [{}, STREAMED])
def test_the_turn_is_stored_after_the_whole_answer(play: Play, headers: dict[str, str]) -> None:
    stored: list[bool] = []

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        yield Answered(ANSWER, lambda: stored.append(True))

    play(core)
    reply = reply_to({"question": "Why?"}, headers)
    assert ANSWER.answer is not None
    assert b"Indeed." in b"".join(reply.body)
    assert stored == []
    assert reply.after
    reply.after()
    assert stored == [True]


@pytest.mark.parametrize("error", [Unavailable("The memory is down.", "503"), RuntimeError(SECRET)])
def test_a_turn_that_cannot_be_stored_is_logged_and_counted(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", __import__("sys").stdout)

    def keep() -> None:
        raise error

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Answered(ANSWER, keep)

    play(core)
    reply = reply_to({"question": "Why?"}, STREAMED)
    assert events(reply)[-1][0] == "answer"
    assert reply.after
    reply.after()
    log = lines(capsys)
    (logged,) = [line for line in log if line.get("message") == "A turn of a conversation was not stored."]
    assert (logged["error"], logged["request_id"]) == (type(error).__name__, REQUEST_ID)
    (measured,) = [line for line in log if "_aws" in line]
    assert (measured["Grounded"], measured["TurnsNotStored"]) == ([1.0], [1.0])
    assert SECRET not in json.dumps(log)


def test_wrong_settings_are_named_in_the_log_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", __import__("sys").stdout)
    monkeypatch.setenv("ASSISTANT", json.dumps({**SETTINGS, "top_k": 0}))
    reply = reply_to({"question": "Why?"}, STREAMED)
    assert reply.status == 500
    assert "top_k" not in problem(reply)["message"]
    assert "ASSISTANT: top_k:" in lines(capsys)[0]["said"]
