"""The time of one request, and retries within it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from calls.backoff import Backoff
from rag.failures import RagFailure, Throttled, TimedOut, Unavailable

T = TypeVar("T")
ATTEMPTS = 5
# The least seconds for a call: with less time left, its reply could no longer be passed on.
_LEAST_CALL = 0.2


class Budget:
    """`seconds` from now for the whole request; `clock`, `sleep` and `jitter` are for tests."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._backoff = Backoff(jitter=jitter)
        self._sleep = sleep
        self._end = clock() + seconds

    def keeping(self, seconds: float) -> "Budget":
        """This budget without its last `seconds`, or without its last tenth if that is less."""
        left = self.left()
        return Budget(left - min(seconds, left / 10), self._clock, self._sleep, self._jitter)

    def atmost(self, seconds: float) -> "Budget":
        """This budget with at most `seconds` from now."""
        return Budget(min(seconds, self.left()), self._clock, self._sleep, self._jitter)

    def left(self) -> float:
        """Seconds until the end; negative after it."""
        return self._end - self._clock()

    def call(self, most: float) -> float:
        """The seconds for one call, at most `most`; raises `TimedOut` when none are left."""
        left = self.left()
        if left < _LEAST_CALL:
            raise TimedOut("This request took too long. Try again, or ask for less.")
        return min(most, left)

    def retrying(self, attempt: Callable[[], T], again: tuple[type[RagFailure], ...] = (Throttled, Unavailable)) -> T:
        """The result of `attempt`, after at most five tries; raises the last failure.

        It waits between tries, with full jitter and at least for the time that the other side asked for. It gives up
        early when the wait would exceed the budget.
        """
        for number in range(ATTEMPTS):
            try:
                return attempt()
            except again as failure:
                wait = self._backoff.pause(number, failure.asked_to_wait)
                if number == ATTEMPTS - 1 or wait + _LEAST_CALL >= self.left():
                    raise
                self._sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")
