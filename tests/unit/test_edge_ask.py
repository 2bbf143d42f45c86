"""`POST /ask` from a proxy event to bytes: streams, answers in one piece, and errors."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import ask
from rag.caller import Caller
from rag.events import Answered, Event, Stage, Text
from rag.failures import Absent, Throttled, TimedOut, Unavailable
from rag.models import Answer, Question
from tests.unit import edge_asking
from tests.unit.edge_asking import (
    ANSWER,
    SECRET,
    SOURCE,
    STREAMED,
    Play,
    events,
    failing,
    problem,
    reply_to,
    whole,
)
from tests.unit.edge_requests import REQUEST_ID, Context
from tests.waiting import PATIENCE, until

environment, play = edge_asking.environment, edge_asking.play


def test_a_stream_tells_all_events_in_their_order_and_the_whole_answer_last(play: Play) -> None:
    play(whole)
    reply = reply_to({"question": "Why?"}, STREAMED)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["Cache-Control"] == "no-store"
    assert events(reply) == [
        ("stage", {"stage": "searching"}),
        ("sources", {"sources": [SOURCE.model_dump()]}),
        ("stage", {"stage": "answering"}),
        ("text", {"text": "Yes.\n"}),
        ("text", {"text": "Indeed."}),
        ("answer", ANSWER.model_dump()),
    ]


def test_an_event_is_two_lines_and_an_empty_one(play: Play) -> None:
    play(whole)
    assert (
        next(iter(reply_to({"question": "Why?"}, STREAMED).body)) == b'event: stage\ndata: {"stage": "searching"}\n\n'
    )


def test_without_the_wish_for_a_stream_the_answer_comes_in_one_piece(play: Play) -> None:
    play(whole)
    reply = reply_to({"question": "Why?"}, {"Accept": "application/json"})
    assert reply.headers["Content-Type"] == "application/json"
    assert Answer.model_validate_json(b"".join(reply.body)) == ANSWER


def test_the_core_learns_the_question_who_asks_and_how_long_it_has(play: Play) -> None:
    heard: list[Any] = []

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        heard.extend([question, caller, seconds])
        yield Answered(ANSWER)

    play(core)
    body = {"question": " Why? ", "conversation_id": "c-1", "filters": {"document": ["a"], "title": "b"}, "top_k": 7}
    reply_to(json.dumps(body).encode(), context=Context(seconds=60.0))
    question, caller, seconds = heard
    assert question.model_dump(exclude_none=True) == {**body, "question": "Why?"}
    assert caller == Caller("somebody", "owner", None)
    assert 50 < seconds < 60


@pytest.mark.parametrize(
    ("context", "who"),
    [
        ({"authorizer": {"claims": {"sub": "s"}}, "identity": {"userArn": "u", "apiKeyId": "k"}}, "s"),
        ({"authorizer": None, "identity": {"userArn": "u", "apiKeyId": "k"}}, "u"),
        ({"identity": {"userArn": None, "apiKeyId": "k"}}, "k"),
    ],
)
def test_the_caller_is_taken_from_the_context_in_this_order(play: Play, context: dict[str, Any], who: str) -> None:
    heard: list[str] = []

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        heard.append(caller.id)
        yield Answered(ANSWER)

    play(core)
    reply = reply_to({"question": "Why?"}, requestContext={"requestId": REQUEST_ID, **context})
    assert (reply.status, heard) == (200, [who])


def test_who_calls_the_alias_for_operators_is_one_whatever_the_event_says(play: Play) -> None:
    heard: list[str] = []

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        heard.append(caller.id)
        yield Answered(ANSWER)

    play(core)
    forged = {"requestId": REQUEST_ID, "authorizer": {"claims": {"sub": "somebody"}}, "identity": {"userArn": "u"}}
    for name in ("ask:operators", "ask:live", "ask"):
        context = Context(invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{name}")
        assert reply_to({"question": "Why?"}, context=context, requestContext=forged).status == 200
    assert heard == ["operators", "somebody", "somebody"]


def test_nobody_is_not_answered_unless_the_function_was_called_directly(play: Play) -> None:
    play(whole)
    nobody = {"requestId": REQUEST_ID, "identity": {"sourceIp": "192.0.2.1"}}
    reply = reply_to({"question": "Why?"}, STREAMED, requestContext=nobody)
    assert reply.status == 401
    assert "Sign in" in problem(reply)["message"]
    direct = {"headers": {"content-type": "application/json"}, "body": '{"question": "Why?"}', "buffered": True}
    assert ask.answer(direct, Context()).status == 200  # type: ignore[arg-type]


def test_silence_is_broken_by_comments_that_are_no_events(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = threading.Event()

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        heard.wait(PATIENCE)
        yield Answered(ANSWER)

    monkeypatch.setattr(ask, "SILENCE", 0.05)
    play(core)
    body = iter(reply_to({"question": "Why?"}, STREAMED).body)
    assert next(body).startswith(b"event: stage\n")
    assert [next(body), next(body)] == [b": waiting\n\n"] * 2
    heard.set()
    *more, last = body
    assert set(more) <= {b": waiting\n\n"}
    assert last.startswith(b"event: answer\n")


@pytest.mark.parametrize("headers", [{}, STREAMED])
def test_an_error_before_the_first_event_is_an_ordinary_error(play: Play, headers: dict[str, str]) -> None:
    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        raise Absent("There is no conversation c-1 of yours. Start a new one.")
        yield

    play(core)
    reply = reply_to({"question": "Why?", "conversation_id": "c-1"}, headers)
    assert reply.status == 404
    assert problem(reply)["message"] == "There is no conversation c-1 of yours. Start a new one."


def test_a_failure_in_a_stream_is_its_last_event(play: Play) -> None:
    play(failing(Throttled("The model is rate-limiting requests.", "429 of the model", 3.2)))
    reply = reply_to({"question": "Why?"}, STREAMED)
    assert reply.status == 200
    failure = {
        "status": 429,
        "message": "The model is rate-limiting requests.",
        "cause": "throttled",
        "request_id": REQUEST_ID,
    }
    failure["retry_after"] = 4
    assert events(reply)[-1] == ("failed", failure)


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Throttled("Too often.", asked_to_wait=0.2), 429, "1"),
        (Unavailable("Down."), 503, "2"),
        (TimedOut("Late."), 504, None),
        (RuntimeError(SECRET), 500, None),
    ],
)
def test_a_failure_in_one_piece_has_a_status_and_says_when_to_try_again(
    play: Play, error: Exception, status: int, retry_after: str | None
) -> None:
    play(failing(error))
    reply = reply_to({"question": "Why?"})
    assert reply.status == status
    assert reply.headers.get("Retry-After") == retry_after
    assert SECRET not in problem(reply)["message"]


def test_a_core_that_takes_too_long_is_not_waited_for(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    over, ended = threading.Event(), list[bool]()

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        over.wait(PATIENCE)
        ended.append(True)
        yield Answered(ANSWER)

    monkeypatch.setattr(ask, "MARGIN", 0.1)
    play(core)
    assert reply_to({"question": "Why?"}, context=Context(seconds=0.3)).status == 504
    name, failure = events(reply_to({"question": "Why?"}, STREAMED, Context(seconds=1.5)))[-1]
    assert (name, failure["status"]) == ("failed", 504)
    assert ended == []
    over.set()


def test_a_caller_that_goes_away_ends_the_work(play: Play) -> None:
    ended: list[bool] = []

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        try:
            while True:
                yield Text("more ")
                time.sleep(0.01)
        finally:
            ended.append(True)

    play(core)
    body = iter(reply_to({"question": "Why?"}, STREAMED).body)
    assert next(body).startswith(b"event: text\n")
    body.close()  # type: ignore[attr-defined]
    until("the end of the work", lambda: ended)
    assert ended == [True]
