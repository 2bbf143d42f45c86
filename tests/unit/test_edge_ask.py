"""`POST /ask` from a proxy event to bytes: streams, answers in one piece, errors, and what is logged."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

import ask
from gateway import telemetry
from rag import answering, own_settings
from rag.caller import Caller
from rag.events import Answered, Event, Sources, Stage, Text
from rag.failures import Absent, Throttled, TimedOut, Unavailable
from rag.models import Answer, Question, Source, Timings, TokenCount
from reply import HandlerResponse
from tests.unit.edge_requests import REQUEST_ID, SETTINGS, Context, any_json, event
from tests.waiting import within

STREAMED = {"Accept": "text/event-stream"}
SECRET = "the words of the question"
SOURCE = Source(id="a#1", document="a", title="T\nwith a break", text="Text.", score=0.9)
ANSWER = Answer(
    answer="Yes.\nIndeed.",
    grounded=True,
    sources=[SOURCE],
    model="us.amazon.nova-lite-v1:0",
    tokens=TokenCount(read=1_000_000, written=500_000),
    conversation_id="c",
    timings=Timings(search_ms=1, model_ms=40, first_ms=12, total_ms=42),
)

Core = Callable[..., Iterator[Event]]
Play = Callable[[Core], None]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    own_settings.settings.cache_clear()
    yield
    own_settings.settings.cache_clear()


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Puts a core in the place of the one that searches."""
    return lambda core: monkeypatch.setattr(answering, "answer", core)


def whole(question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None) -> Iterator[Event]:
    yield Stage("searching")
    yield Sources([SOURCE])
    yield Stage("answering")
    yield Text("Yes.\n")
    yield Text("Indeed.")
    yield Answered(ANSWER)


def read(reply: HandlerResponse) -> bytes:
    """The whole body; then the rest of the work is done, as the runtime does it."""
    body = b"".join(reply.body)
    if reply.after:
        reply.after()
    return body


def reply_to(
    body: Any, headers: dict[str, str] | None = None, context: Context | None = None, **more: Any
) -> HandlerResponse:
    return ask.answer(event("POST", "/ask", body, headers, **more), context or Context())  # type: ignore[arg-type]


def problem(reply: HandlerResponse) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(b"".join(reply.body))
    assert set(answer) == {"message", "cause", "request_id"}
    assert answer["request_id"] == REQUEST_ID
    return answer


def events(reply: HandlerResponse) -> list[tuple[str, Any]]:
    blocks = b"".join(reply.body).decode().split("\n\n")
    assert blocks.pop() == ""
    parsed = []
    for block in blocks:
        name, data = block.split("\n")
        parsed.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return parsed


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
        heard.wait(10)
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


def failing(error: Exception) -> Core:
    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        raise error

    return core


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
    over = threading.Event()

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        over.wait(20)
        yield Answered(ANSWER)

    monkeypatch.setattr(ask, "MARGIN", 0.1)
    play(core)
    began = time.monotonic()
    assert reply_to({"question": "Why?"}, context=Context(seconds=0.3)).status == 504
    name, failure = events(reply_to({"question": "Why?"}, STREAMED, Context(seconds=0.3)))[-1]
    assert (name, failure["status"]) == ("failed", 504)
    assert time.monotonic() - began < 15
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
    assert within(20, lambda: bool(ended))
    assert ended == [True]


@pytest.mark.parametrize(
    ("headers", "body", "status", "words"),
    [
        ({"Content-Type": "text/plain"}, "{}", 415, "is text/plain"),
        ({"Content-Type": ""}, "{}", 415, "Content-Type application/json"),
        ({}, json.dumps({"question": "x" * 10_000}), 413, "is 10000"),
        ({}, "", 400, "not JSON"),
        ({}, "{", 400, "not JSON"),
        ({}, '{"question": NaN}', 400, "not JSON"),
        ({}, "[" * 5000, 400, "not JSON"),
        ({}, b"\xff", 400, "not JSON"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(
    headers: dict[str, str], body: str | bytes, status: int, words: str
) -> None:
    reply = reply_to(body, {**STREAMED, **headers})
    assert reply.status == status
    assert words in problem(reply)["message"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "`question` is missing; add it."),
        ([], "The body is a list, but must be an object."),
        (None, "The body is null, but must be an object."),
        ({"question": 5}, "`question` is a number, but must be a string."),
        ({"question": ""}, "`question` is too short; the minimum is 1 character(s)."),
        ({"question": "x" * 2001}, "`question` is too long; the maximum is 2000 characters."),
        ({"question": "a", "topk": 1}, "`topk` is not a field of this request; remove it or correct its name."),
        ({"question": "a", "top_k": 0}, "`top_k` is too small; the minimum is 1."),
        ({"question": "a", "top_k": 51}, "`top_k` is too large; the maximum is 50."),
        ({"question": "a", "top_k": "5"}, "`top_k` is a string, but must be a whole number."),
        ({"question": "a", "top_k": True}, "`top_k` is true or false, but must be a whole number."),
        ({"question": "a", "filters": []}, "`filters` is a list, but must be an object."),
        (
            {"question": "a", "filters": {"document": 5}},
            "`filters.document` is a number, but must be a string or a list.",
        ),
        ({"question": "a", "filters": {"document": [5]}}, "`filters.document[0]` is a number, but must be a string."),
        ({"question": "a", "filters": {"title": []}}, "`filters.title` has 0 entries; the minimum is 1."),
        (
            {"question": "a", "filters": {"title": ""}},
            "`filters.title` is too short; the minimum is 1 character(s).",
        ),
        (
            {"question": "a", "filters": {"list[x]": ""}},
            "`filters.list[x]` is not a field of this request; remove it or correct its name.",
        ),
        ({"question": "a", "filters": {"fields": []}}, "`filters.fields` is a list, but must be an object."),
        (
            {"question": "a", "conversation_id": "no/"},
            "`conversation_id` has the wrong form; it must match ^[A-Za-z0-9_-]{1,64}$.",
        ),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_field_its_kind_and_the_remedy(body: Any, sentence: str) -> None:
    reply = reply_to(json.dumps(body), STREAMED)
    assert reply.status == 400
    assert problem(reply)["message"] == sentence


@pytest.mark.parametrize(
    "condition",
    [None, [], {"from": 1}, {"gte": []}, {"gte": "x" * 501}, "", "x" * 501, [[1]], [1] * 51],
)
def test_a_filter_of_a_field_has_one_of_three_forms(condition: Any) -> None:
    reply = reply_to(json.dumps({"question": "a", "filters": {"fields": {"year": condition}}}), STREAMED)
    assert (reply.status, problem(reply)["message"]) == (
        400,
        "`filters.fields.year` cannot be used: a filter is a value, a list of 1 to 50 values, or a range with gte, lte "
        "or both; texts have 1 to 500 characters.",
    )


@hypothesis_settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(body=any_json(["question", "conversation_id", "filters", "top_k", "document", "title"]))
def test_any_json_is_answered_or_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    monkeypatch.setattr(answering, "answer", whole)
    reply = reply_to(body)
    if reply.status != 200:
        assert reply.status in (400, 413)
        message = problem(reply)["message"]
        assert message.endswith(".")
        assert "\n" not in message
        assert "Traceback" not in message


# Of ANSWER: at 0.06 USD for a million tokens read, and 0.24 written.
MEASURED = {
    "ModelLatency": [40.0],
    "FirstWord": [12.0],
    "Groundedness": [100.0],
    "TokensRead": [1_000_000.0],
    "TokensWritten": [500_000.0],
    "TokenCost": [0.18],
}


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_logs_and_metrics_tell_what_happened_and_nothing_that_was_asked(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The handler of powertools holds the stream of the moment it was made.
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
    assert any("test_edge_ask.py" in place for place in logged[2]["places"])
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
