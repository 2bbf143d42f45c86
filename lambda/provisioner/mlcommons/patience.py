"""How long to go on: one deadline for everything an invocation does, and waits that grow with full jitter."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_WAIT = 0.25
LONGEST_WAIT = 8.0


@dataclass
class Patience:
    """One invocation's time.

    `seconds` is all there is, `propagation` how long a 403 on a new object may be IAM that has not spread yet, and a
    written object may not show (about 10 s on AWS). `clock`, `sleep` and `jitter` (0 ≤ x < 1) are passed in by tests.
    """

    seconds: float = 300.0
    propagation: float = 20.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def elapsed(self) -> float:
        """Seconds since the invocation began."""
        return self.clock() - self.started

    def left(self) -> float:
        """Seconds until the deadline, never below zero."""
        return max(0.0, self.seconds - self.elapsed())

    def wait(self, attempt: int, at_least: float | None = None) -> bool:
        """Sleep before attempt number `attempt` + 1; False, at once, when the deadline would pass meanwhile.

        `at_least` is the server's Retry-After in seconds.
        """
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt, 10))
        pause = max(ceiling * self.jitter(), at_least or 0.0)
        if pause >= self.left():
            return False
        self.sleep(pause)
        return True
