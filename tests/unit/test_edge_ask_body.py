"""Valid bodies of `POST /ask`, and the sentence for every other one."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from rag import answering
from tests.unit import edge_asking
from tests.unit.edge_asking import (
    STREAMED,
    problem,
    reply_to,
    whole,
)
from tests.unit.edge_requests import any_json

environment, play = edge_asking.environment, edge_asking.play


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
        ({"question": ""}, "`question` is too short; the minimum is 1 character."),
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
            "`filters.title` is too short; the minimum is 1 character.",
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
