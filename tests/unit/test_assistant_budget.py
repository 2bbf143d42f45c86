"""The time limit of a request, and retries within it."""

from collections.abc import Callable
from pathlib import Path

import pytest

import rag
from rag.boto_calls import Clients
from rag.budget import ATTEMPTS, Budget
from rag.failures import Broken, RagFailure, Starting, Throttled, TimedOut, Unavailable
from rag.service_failure import ANSWER, failure_of


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def failing(times: int, failure: RagFailure) -> Callable[[], str]:
    left = [failure] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def budget(seconds: float, clock: Clock) -> Budget:
    return Budget(seconds, lambda: clock.now, clock.sleep)


@pytest.mark.parametrize("failure", [Throttled("a"), Unavailable("a")])
def test_what_may_pass_is_tried_again(failure: RagFailure) -> None:
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
def test_what_will_not_pass_is_not_tried_again(failure: RagFailure) -> None:
    clock = Clock()
    with pytest.raises(type(failure)):
        budget(60, clock).retrying(failing(1, failure))
    assert clock.waits == []


def test_it_waits_as_long_as_requested_and_no_longer_than_the_budget() -> None:
    clock = Clock()
    failure = failure_of(ANSWER, 429, wait=3.0)
    assert budget(60, clock).retrying(failing(1, failure)) == "done"
    assert clock.waits == [3]
    with pytest.raises(Throttled) as raised:
        budget(2, clock).retrying(failing(1, failure))
    assert (clock.waits, raised.value.retry_after) == ([3], 3)


def test_one_budget_bounds_everything() -> None:
    clock = Clock()
    limited = budget(10, clock)
    assert limited.call(60) == 10
    assert limited.call(4) == 4
    clock.now = 9.9
    with pytest.raises(TimedOut, match="took too long"):
        limited.call(4)


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
    assert not any(part in failure.said for part in ("abc", "sk-1234567890", "AKIAABCDEFGHIJKLMNOP"))


@pytest.mark.parametrize(("seconds_asked", "seconds"), [(0.0, 1), (0.2, 1), (7.0, 7), (1.5, 2), (None, 2)])
def test_retry_after_is_whole_seconds(seconds_asked: float | None, seconds: int) -> None:
    assert failure_of(ANSWER, 429, wait=seconds_asked).retry_after == seconds


@pytest.mark.parametrize(
    ("left", "most", "waits"), [(100, 30, 30), (30, 30, 30), (28, 30, 27), (9.5, 30, 8), (0.5, 30, 1), (58, 60, 55)]
)
def test_a_call_of_aws_waits_no_longer_than_there_is_time(left: float, most: float, waits: float) -> None:
    """A function that is ended during a call cannot report anything about its documents."""
    clients = Clients("sagemaker-runtime", "eu-west-1", most, connect_seconds=5)
    client = clients.within(budget(left, Clock()))
    config = client.meta.config
    assert (config.read_timeout, config.connect_timeout) == (waits, min(5, waits))
    assert config.retries["total_max_attempts"] == 1
    assert clients.within(budget(left, Clock())) is client, "a client has connections, which are kept"


def test_without_time_aws_is_not_called() -> None:
    with pytest.raises(TimedOut):
        Clients("sagemaker-runtime", "eu-west-1", 30).within(budget(0.1, Clock()))


def test_every_client_of_aws_that_a_request_waits_for_is_bounded() -> None:
    folder = Path(rag.__file__).parent
    assert [path.name for path in folder.rglob("*.py") if "boto_calls.client(" in path.read_text()] == []
    named = [path for path in folder.rglob("*.py") if "boto_calls.Clients(" in path.read_text()]
    assert named
    assert [path.name for path in named if ".within(budget)" not in path.read_text()] == []


@pytest.mark.parametrize(("seconds", "minutes"), [(None, 6), (660, 11), (20, 1)])
def test_a_stopped_model_says_when_it_answers_and_is_not_asked_again(seconds: float | None, minutes: int) -> None:
    said = "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress"
    more = {} if seconds is None else {"start_seconds": seconds}
    failure = failure_of(ANSWER, 400, said, **more)
    assert (type(failure), failure.status, failure.cause) == (Starting, 503, "model-starting")
    assert f"Try again in about {minutes} minute" in failure.message
    assert failure.retry_after == (seconds or 360)
    attempts = []

    def attempt() -> None:
        attempts.append(1)
        raise failure

    with pytest.raises(Starting):
        Budget(60, sleep=lambda _: None).retrying(attempt)
    assert attempts == [1]
