"""The time that one request has, and trying again within it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from assistant.failures import Failure, Throttled, TimedOut, Unavailable

T = TypeVar("T")
ATTEMPTS = 5
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 8.0
# A reply that comes later than this before the end cannot be passed on any more.
_LEAST_CALL = 0.2


class Budget:
    """`seconds` from now, for all that a request does; `clock` and `sleep` are for tests."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds until the end; negative after it."""
        return self._end - self._clock()

    def call(self, most: float) -> float:
        """Seconds that one call may take, `most` at most; raises `TimedOut` when none are left."""
        left = self.left()
        if left < _LEAST_CALL:
            raise TimedOut("The time for this request is used up. Try again, or ask for less.")
        return min(most, left)

    def retrying(self, attempt: Callable[[], T], again: tuple[type[Failure], ...] = (Throttled, Unavailable)) -> T:
        """What `attempt` returns, after at most five tries; raises its last failure.

        Between the tries it waits with full jitter, and at least as long as the other side asked for. It gives up
        early when the wait would outlast the budget.
        """
        for number in range(ATTEMPTS):
            try:
                return attempt()
            except again as failure:
                most = min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)
                # jitter, not cryptography
                wait = max(failure.asked_to_wait or 0.0, random.uniform(0, most))  # noqa: S311
                if number == ATTEMPTS - 1 or wait + _LEAST_CALL >= self.left():
                    raise
                self._sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")
