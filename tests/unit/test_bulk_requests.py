"""Requests to the engine that get no answer: which of them are sent again."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, SSLError

from aws import bulk_requests
from corpus.destination import Busy, Stopped

TARGET = {"endpoint": "https://domain.example"}
AGAIN = [
    requests.ConnectionError("refused"),
    requests.ReadTimeout("slow"),
    ChunkedEncodingError("cut off"),
    SSLError("UNEXPECTED_EOF_WHILE_READING"),
]
NEVER = [SSLError("certificate verify failed")]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The answers of the engine in turn; an error among them is raised."""
    coming: list[Any] = []

    def post(*_: Any, **__: Any) -> Any:
        answer = coming.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(requests.Session, "post", post)
    monkeypatch.setattr(bulk_requests, "sign_in", lambda *_: None)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return coming


@pytest.mark.parametrize("error", AGAIN, ids=repr)
def test_a_request_without_an_answer_is_sent_again(answers: list[Any], error: Exception) -> None:
    answers += [error, SimpleNamespace(status_code=200, headers={}, ok=True, json=lambda: {"deleted": 1})]
    ask = bulk_requests.asking(TARGET, time.monotonic() + 60)
    assert ask("/passages/_delete_by_query", {}, "{}") == {"deleted": 1}
    answers.append(error)
    with pytest.raises(Busy):
        bulk_requests.connect(TARGET, "passages", time.monotonic() + 60)().send([b"{}"])


@pytest.mark.parametrize("error", NEVER, ids=repr)
def test_a_certificate_that_is_not_trusted_ends_the_load(answers: list[Any], error: Exception) -> None:
    answers += [error, error]
    with pytest.raises(Stopped, match="no answer"):
        bulk_requests.asking(TARGET, time.monotonic() + 60)("/passages/_refresh", {}, "")
    with pytest.raises(Stopped, match="Check the domain's name"):
        bulk_requests.connect(TARGET, "passages", time.monotonic() + 60)().send([b"{}"])
