"""How long an invocation repeats: one deadline for everything, and waits that grow with full jitter."""

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from calls.backoff import Backoff
from mlcommons.errors import (
    Blocked,
    Conflict,
    EngineFailed,
    EngineThrottled,
    NotOurs,
    PermissionMissing,
    ProvisioningError,
    Unanswered,
    Unreachable,
    Untrusted,
)

# The seconds that must be left after a wait, for the next read and for the answer.
LAST_LOOK = 1.0

# The seconds that an invocation waits for one kind of fault, in all its requests together.
UNTIL_THE_END = math.inf
OUTAGE = 120.0
NO_CONNECTION = 30.0
MISHAP = 10.0


@dataclass(frozen=True)
class Trouble:
    """A kind of temporary fault, and for how many seconds an invocation waits for it. See docs/decisions/0012."""

    name: str
    seconds: float


@dataclass
class Patience:
    """One invocation's time.

    `seconds` is the whole time. `propagation` is how long a 403 may mean that IAM has not spread yet, and how long a
    written object may stay invisible (about 10 s on AWS). Tests pass `clock`, `sleep` and `jitter` (0 ≤ x < 1).
    """

    seconds: float = 300.0
    propagation: float = 20.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    started: float = field(init=False)
    attempt: int = field(init=False, default=1)
    _waits: dict[str, list[float]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.started = self.clock()

    def elapsed(self) -> float:
        """Seconds since the invocation began."""
        return self.clock() - self.started

    def left(self) -> float:
        """Seconds until the deadline, never below zero."""
        return max(0.0, self.seconds - self.elapsed())

    def wait(self, attempt: float, at_least: float | None = None) -> bool:
        """Sleep before read number `attempt` + 1; returns False without sleeping if too little time would be left.

        Attempts below 0 are waits of milliseconds. `at_least` is the server's Retry-After in seconds.
        """
        return self._pause(attempt, at_least) is not None

    def outlast(self, error: ProvisioningError, spreading: float | None = None) -> bool:
        """Sleep before another attempt; returns False without sleeping if the fault is lasting or its time is used up.

        All requests and verbs share the seconds of a kind of fault, so repetitions never multiply. `spreading` replaces
        `propagation`, and makes every refusal temporary.
        """
        if spreading is None:
            spreading = self.propagation if error.status == HTTPStatus.FORBIDDEN else 0.0
        trouble = _trouble(error, spreading)
        if trouble is None:
            return False
        waits = self._waits[trouble.name]
        if sum(waits) >= trouble.seconds:
            return False
        pause = self._pause(len(waits), error.retry_after)
        if pause is None:
            return False
        waits.append(pause)
        self.attempt += 1
        return True

    def _pause(self, attempt: float, at_least: float | None) -> float | None:
        pause = Backoff(jitter=self.jitter).pause(attempt, at_least)
        if pause > self.left() - LAST_LOOK:
            return None
        self.sleep(pause)
        return pause


def _trouble(error: ProvisioningError, spreading: float) -> Trouble | None:
    match error:
        case ProvisioningError(cause="model-starting"):
            return Trouble("a model that starts", UNTIL_THE_END)
        case NotOurs() | Untrusted():
            return None
        case EngineThrottled() | Blocked():
            return Trouble("more than the cluster takes", UNTIL_THE_END)
        case PermissionMissing():
            return Trouble("a permission that spreads", spreading)
        case Unanswered() | EngineFailed(status=502 | 503 | 504):
            return Trouble("an outage", OUTAGE)
        case Unreachable(status=None):
            return Trouble("no connection", NO_CONNECTION)
        case EngineFailed() | Conflict():
            return Trouble("a mishap", MISHAP)
    return None
