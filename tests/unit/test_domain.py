"""Requests to the domain: what is sent once more, and what is not."""

from typing import Any

import pytest
import requests

from osml import domain as module
from osml.domain import ATTEMPTS, Disconnected, Domain
from osml.failure import Failure
from osml.repetition import LONGEST_ASKED, LONGEST_PAUSE, asked, pause
from osml.stack import Knowledge

KNOWLEDGE = Knowledge("https://domain", "us-east-1", "i", "p", "m", None, None, "arn", "text", "embedding")


def answer(status: int, body: str = "{}", **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = status, body.encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


class Session(requests.Session):
    """Gives or raises one thing after the other."""

    def __init__(self, *script: requests.Response | Exception) -> None:
        super().__init__()
        self.script = list(script)

    def request(self, *_: Any, **__: Any) -> requests.Response:
        one = self.script.pop(0)
        if isinstance(one, Exception):
            raise one
        return one


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setattr(module, "_auth", lambda _: None)
    return waited


def domain(*script: requests.Response | Exception) -> Domain:
    made = Domain(KNOWLEDGE)
    made._session = Session(*script)
    return made


@pytest.mark.parametrize(
    "first", [answer(429), answer(502), answer(503), requests.ConnectionError("reset")], ids=["429", "502", "503", "-"]
)
def test_what_passes_is_waited_for(first: requests.Response | Exception, waits: list[float]) -> None:
    assert domain(first, answer(200, '{"a": 1}')).patiently("POST", "/") == {"a": 1}
    assert len(waits) == 1


@pytest.mark.parametrize(
    "first",
    [answer(400), answer(403), answer(500), answer(504), requests.ReadTimeout(), requests.exceptions.SSLError()],
    ids=["400", "403", "500", "504", "no answer in time", "certificate"],
)
def test_what_stays_is_said_at_once(first: requests.Response | Exception, waits: list[float]) -> None:
    with pytest.raises(Failure):
        domain(first).patiently("POST", "/")
    assert waits == []


def test_after_the_last_attempt_the_answer_is_said(waits: list[float]) -> None:
    with pytest.raises(Failure, match="503: busy"):
        domain(*[answer(503, '{"message": "busy"}')] * ATTEMPTS).patiently("POST", "/")
    with pytest.raises(Disconnected, match="reset"):
        domain(*[requests.ConnectionError("reset")] * ATTEMPTS).patiently("POST", "/")
    assert len(waits) == 2 * (ATTEMPTS - 1)


def test_a_pause_is_what_the_answer_asks_for_and_otherwise_random_below_a_limit() -> None:
    assert pause(1, asked(answer(429, Retry_After="3"))) == 3
    assert pause(1, asked(answer(429, Retry_After="9999"))) == LONGEST_ASKED
    assert pause(1, asked(answer(429, Retry_After="Sat, 21 Nov 2026 07:28:00 GMT"))) <= 1
    assert {pause(2) <= 2 for _ in range(100)} == {True}
    assert max(pause(50) for _ in range(100)) <= LONGEST_PAUSE
    assert len({pause(3) for _ in range(9)}) > 1
