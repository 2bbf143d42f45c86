"""Pages of other origins: which of them may read the functions' answers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import api
import ask
from gateway import origins
from rag import answering, documents, own_settings
from rag.document_models import DocumentList
from rag.events import Answered, Event, Stage
from rag.failures import Throttled
from rag.models import Answer, Question, Timings
from tests.unit.edge_requests import SETTINGS, Context, event

FIRST, SECOND = "https://help.example.com", "https://shop.example.com:8443"
HEADERS = ("Access-Control-Allow-Origin", "Vary")
STREAMED = {"Accept": "text/event-stream"}
ANSWER = Answer(answer="Yes.", grounded=True, sources=[], model="m", conversation_id="c", timings=Timings(total_ms=42))


def core(question: Question, caller: str, seconds: float, turns: Any = None, usage: Any = None) -> Iterator[Event]:
    if question.question == "fail":
        raise Throttled("The model is rate-limiting requests.")
    yield Stage("searching")
    if question.question == "fail late":
        raise Throttled("The model is rate-limiting requests.")
    yield Answered(ANSWER)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    monkeypatch.setenv("ORIGINS", f"{FIRST} {SECOND}")
    monkeypatch.setattr(answering, "answer", core)
    monkeypatch.setattr(documents, "listed", lambda *_: DocumentList(documents=[]))
    for read in (own_settings.settings, origins.named):
        read.cache_clear()
    yield
    for read in (own_settings.settings, origins.named):
        read.cache_clear()


def status_and_headers(body: Any, headers: dict[str, str]) -> tuple[int, list[str | None]]:
    reply = ask.answer(event("POST", "/ask", body, headers), Context())  # type: ignore[arg-type]
    assert b"".join(reply.body)
    return reply.status, [reply.headers.get(name) for name in HEADERS]


def listed(path: str, headers: dict[str, str]) -> tuple[int, list[list[str] | None]]:
    response = api.handler(event("GET", path, None, headers), Context())
    return response["statusCode"], [response["multiValueHeaders"].get(name) for name in HEADERS]


ASKED = [
    ({"question": "Why?"}, {}, 200),
    ({"question": "Why?"}, STREAMED, 200),
    ({"question": "fail late"}, STREAMED, 200),
    ({"question": "fail"}, STREAMED, 429),
    ({"question": "fail"}, {}, 429),
    ({}, {}, 400),
    ("x", {"Content-Type": "text/plain"}, 415),
]
LISTED = [("/documents", 200), ("/nowhere", 404)]


@pytest.mark.parametrize("origin", [FIRST, SECOND])
@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_a_named_origin_may_read_answers_streams_and_errors(name: str, origin: str) -> None:
    for body, headers, status in ASKED:
        assert status_and_headers(body, {**headers, name: origin}) == (status, [origin, "Origin"])
    for path, status in LISTED:
        assert listed(path, {name: origin}) == (status, [[origin], ["Origin"]])


OTHERS: list[dict[str, str]] = [
    {},
    {"Origin": ""},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://help.example.com"},
    {"Origin": f"{FIRST}.evil.example"},
    {"Origin": f"{FIRST} {SECOND}"},
]


@pytest.mark.parametrize("other", OTHERS)
def test_no_other_origin_may(other: dict[str, str]) -> None:
    for body, headers, status in ASKED:
        assert status_and_headers(body, {**headers, **other}) == (status, [None, None])
    for path, status in LISTED:
        assert listed(path, other) == (status, [None, None])


@pytest.mark.parametrize("value", [None, "", " "])
def test_without_a_list_nobody_may(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is None:
        monkeypatch.delenv("ORIGINS")
    else:
        monkeypatch.setenv("ORIGINS", value)
    for origin in ("", FIRST):
        assert status_and_headers({"question": "Why?"}, {"Origin": origin}) == (200, [None, None])
        assert listed("/documents", {"Origin": origin}) == (200, [None, None])
