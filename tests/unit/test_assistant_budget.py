"""The time that a request has, and trying again within it."""

from collections.abc import Callable

import pytest

from assistant.budget import ATTEMPTS, Budget
from assistant.failures import Broken, Failure, Throttled, TimedOut, Unavailable
from assistant.other_side import ANSWER, failure_of


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def failing(times: int, failure: Failure) -> Callable[[], str]:
    left = [failure] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def budget(seconds: float, clock: Clock) -> Budget:
    return Budget(seconds, lambda: clock.now, clock.sleep)


@pytest.mark.parametrize("failure", [Throttled("a"), Unavailable("a")])
def test_what_may_pass_is_tried_again(failure: Failure) -> None:
    clock = Clock()
    assert budget(60, clock).retrying(failing(ATTEMPTS - 1, failure)) == "done"
    assert len(clock.waits) == ATTEMPTS - 1
    assert all(wait <= 0.25 * 2**number for number, wait in enumerate(clock.waits))


def test_it_gives_up_after_five() -> None:
    clock = Clock()
    with pytest.raises(Throttled):
        budget(60, clock).retrying(failing(ATTEMPTS, Throttled("a")))
    assert len(clock.waits) == ATTEMPTS - 1


@pytest.mark.parametrize("failure", [Broken("a"), TimedOut("a")])
def test_what_will_not_pass_is_not_tried_again(failure: Failure) -> None:
    clock = Clock()
    with pytest.raises(type(failure)):
        budget(60, clock).retrying(failing(1, failure))
    assert clock.waits == []


def test_it_waits_as_long_as_it_was_asked_to_and_no_longer_than_it_has() -> None:
    clock = Clock()
    asked = failure_of(ANSWER, 429, retry_after="3")
    assert budget(60, clock).retrying(failing(1, asked)) == "done"
    assert clock.waits == [3]
    with pytest.raises(Throttled) as raised:
        budget(2, clock).retrying(failing(1, asked))
    assert (clock.waits, raised.value.retry_after) == ([3], 3)


def test_one_budget_bounds_everything() -> None:
    clock = Clock()
    one = budget(10, clock)
    assert one.call(60) == 10
    assert one.call(4) == 4
    clock.now = 9.9
    with pytest.raises(TimedOut, match="used up"):
        one.call(4)


@pytest.mark.parametrize(
    ("status", "answered", "retry_after"),
    [
        (429, 429, 2),
        (500, 503, 2),
        (503, 503, 2),
        (504, 504, None),
        (401, 500, None),
        (404, 500, None),
        (422, 502, None),
    ],
)
def test_the_status_of_the_other_side_and_ours(status: int, answered: int, retry_after: int | None) -> None:
    failure = failure_of(ANSWER, status, "Bearer abc sk-1234567890 AKIAABCDEFGHIJKLMNOP")
    assert (failure.status, failure.retry_after) == (answered, retry_after)
    assert str(failure).startswith("The answer model ")
    assert not any(part in failure.cause for part in ("abc", "sk-1234567890", "AKIAABCDEFGHIJKLMNOP"))


@pytest.mark.parametrize(("header", "seconds"), [("0.2", 1), ("7", 7), ("1.5", 2), ("soon", 2), (None, 2)])
def test_retry_after_is_whole_seconds(header: str | None, seconds: int) -> None:
    assert failure_of(ANSWER, 429, retry_after=header).retry_after == seconds
