"""What all calls share: how long they wait before the next attempt, and what they hide of an answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.backoff import Backoff
from calls.redaction import redacted
from calls.retry_after import asked_to_wait

NOW = {"Date": "Sat, 28 Nov 2026 12:00:00 GMT"}
ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:osml/sandbox/deepseek"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("1.5", 1.5),
        ("Sat, 28 Nov 2026 12:00:07 GMT", 7.0),
        ("Saturday, 28-Nov-26 12:00:07 GMT", 7.0),
        ("Sat Nov 28 12:00:07 2026", 7.0),
        ("Sat, 28 Nov 2026 13:00:07 +0100", 7.0),
        ("Sat, 28 Nov 2026 11:59:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("-1", None),
        ("1e3", None),
    ],
)
def test_what_an_answer_asks_to_wait(header: str, seconds: float | None) -> None:
    assert asked_to_wait({**NOW, "Retry-After": header}) == seconds
    assert asked_to_wait({"date": NOW["Date"], "retry-after": header}) == seconds


def test_an_answer_without_the_header_asks_for_nothing() -> None:
    assert asked_to_wait(NOW) is None


def test_a_date_is_compared_with_the_clock_here_where_the_server_tells_none() -> None:
    assert asked_to_wait({"Retry-After": "Fri, 28 Nov 1986 12:00:00 GMT"}) == 0.0
    later = asked_to_wait({"Retry-After": "Thu, 28 Nov 2999 12:00:00 GMT"})
    assert later is not None
    assert later > 1e9


@given(header=st.text(max_size=40))
def test_no_header_is_too_odd_to_read(header: str) -> None:
    seconds = asked_to_wait({**NOW, "Retry-After": header})
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_pauses_double_up_to_a_limit_and_jitter_shortens_them(jitter: float) -> None:
    backoff = Backoff(first=1.0, longest=5.0, jitter=lambda: jitter)
    bounds = [1.0, 2.0, 4.0, 5.0, 5.0]
    assert [backoff.pause(number) for number in range(5)] == pytest.approx([bound * (1 - jitter) for bound in bounds])
    assert backoff.pause(10**9) == pytest.approx(5.0 * (1 - jitter))
    assert backoff.pause(-2) == pytest.approx(0.25 * (1 - jitter))


def test_a_pause_is_at_least_what_was_asked_for_within_a_limit() -> None:
    backoff = Backoff(first=1.0, longest=5.0, longest_asked=60.0, jitter=lambda: 0.0)
    assert [backoff.pause(0, retry_after) for retry_after in (None, 0.5, 30.0, 900.0)] == [1.0, 1.0, 30.0, 60.0]


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-1234567890.",
        "sk-proj-abc_DEF-123456 is no key",
        "Authorization: Bearer abcdefgh",
        'password="correct-horse"',
        "token = abcdef123456",
        "AKIAABCDEFGHIJKLMNOP is not authorized",
    ],
)
def test_keys_are_hidden(said: str) -> None:
    hidden = redacted(said)
    assert "…" in hidden
    secrets = ("sk-1234567890", "sk-proj-abc_DEF-123456", "abcdefgh", "correct-horse", "abcdef123456", "AKIAABC")
    assert not [part for part in secrets if part in hidden]


def test_in_a_401_any_word_like_a_key_is_hidden_and_elsewhere_not() -> None:
    said = f"0123456789abcdef0 is refused by {ARN}"
    assert redacted(said, 401) == f"… is refused by {ARN}"
    assert redacted(said, 400) == said


def test_the_arn_of_a_secret_is_not_hidden() -> None:
    assert ARN in redacted(f"Secrets Manager can't find the specified secret {ARN}.")
