"""Sends `POST /ask` and reads the answer, with a test's own function instead of the one that searches."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ask
from gateway import telemetry
from rag import answering, own_settings
from rag.caller import Caller
from rag.events import Answered, Event, Sources, Stage, Text
from rag.models import Answer, Question, Source, Timings, TokenCount
from reply import HandlerResponse
from tests.unit.edge_requests import REQUEST_ID, SETTINGS, Context, event

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
    # A test that reads no answer to its end leaves the metrics of its question.
    telemetry.metrics.clear_metrics()
    yield
    own_settings.settings.cache_clear()


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Replaces the function that searches and answers."""
    return lambda core: monkeypatch.setattr(answering, "answer", core)


def whole(question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None) -> Iterator[Event]:
    yield Stage("searching")
    yield Sources([SOURCE])
    yield Stage("answering")
    yield Text("Yes.\n")
    yield Text("Indeed.")
    yield Answered(ANSWER)


def read(reply: HandlerResponse) -> bytes:
    """Read the whole body, and then do the work that follows it, as the runtime does."""
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


def failing(error: Exception) -> Core:
    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        raise error

    return core


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
