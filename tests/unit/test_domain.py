"""Requests to the domain: which are repeated, and which are not."""

import io
import json
from typing import Any

import pytest
import requests

from corpus.load import BACKOFF, LONGEST_ASKED
from corpus.pace import LONGEST_PAUSE
from osml.failure import Failure
from osml.remote.domain import ATTEMPTS, Disconnected, Domain
from osml.remote.stack import Knowledge

KNOWLEDGE = Knowledge(
    endpoint="https://domain",
    region="us-east-1",
    index="i",
    search_pipeline="p",
    embedding_model_id="m",
    operator_role_arn="arn",
    text_field="text",
    embedding_field="embedding",
)


def answer(status: int, body: str = "{}", **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code, made.raw = status, io.BytesIO(body.encode())
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


class Session(requests.Session):
    """Gives or raises its results in turn."""

    def __init__(self, *script: requests.Response | Exception) -> None:
        super().__init__()
        self.script = list(script)

    def request(self, *_: Any, **__: Any) -> requests.Response:
        scripted = self.script.pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def domain(*script: requests.Response | Exception) -> Domain:
    return Domain(KNOWLEDGE, Session(*script))


@pytest.mark.parametrize(
    "first",
    [
        *(answer(429), answer(502), answer(503), requests.ConnectionError("reset")),
        requests.exceptions.SSLError("[SSL: UNEXPECTED_MESSAGE] unexpected message"),
    ],
    ids=["429", "502", "503", "-", "TLS"],
)
def test_what_passes_is_waited_for(first: requests.Response | Exception, waits: list[float]) -> None:
    assert domain(first, answer(200, '{"a": 1}')).patiently("POST", "/") == {"a": 1}
    assert len(waits) == 1


@pytest.mark.parametrize(
    "first",
    [answer(400), answer(403), answer(504), requests.ReadTimeout(), requests.exceptions.SSLError()],
    ids=["400", "403", "504", "no answer in time", "certificate"],
)
def test_a_permanent_error_is_reported_at_once(first: requests.Response | Exception, waits: list[float]) -> None:
    with pytest.raises(Failure):
        domain(first).patiently("POST", "/")
    assert waits == []


def test_a_model_that_starts_is_told_in_a_sentence(waits: list[float]) -> None:
    body = 'Error from remote service: {"message": "Inference Component has no capacity to process this request."}'
    with pytest.raises(Failure, match=r"The embedding model .* is starting\. Try again in about 6 minutes") as raised:
        domain(answer(400, json.dumps({"error": {"reason": body}}))).patiently("POST", "/")
    assert (raised.value.cause, waits) == ("model-starting", [])


def test_the_answer_to_the_last_attempt_is_reported(waits: list[float]) -> None:
    with pytest.raises(Failure, match="503: busy"):
        domain(*[answer(503, '{"message": "busy"}')] * ATTEMPTS).patiently("POST", "/")
    with pytest.raises(Disconnected, match="reset"):
        domain(*[requests.ConnectionError("reset")] * ATTEMPTS).patiently("POST", "/")
    assert len(waits) == 2 * (ATTEMPTS - 1)


def test_a_pause_is_what_the_answer_asks_for_and_otherwise_random_below_a_limit() -> None:
    assert BACKOFF.pause(1, 3.0) == 3
    assert BACKOFF.pause(1, 9999.0) == LONGEST_ASKED
    assert {BACKOFF.pause(1) <= 1 for _ in range(100)} == {True}
    assert {BACKOFF.pause(2) <= 2 for _ in range(100)} == {True}
    assert max(BACKOFF.pause(50) for _ in range(100)) <= LONGEST_PAUSE
    assert len({BACKOFF.pause(3) for _ in range(9)}) > 1
