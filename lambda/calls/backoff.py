"""The wait before a retry: exponential backoff with full jitter."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

# After this many doublings, a wait exceeds any limit.
_MOST_DOUBLINGS = 32


@dataclass(frozen=True)
class Backoff:
    """In seconds: `first` is the bound of the first wait; each bound doubles, up to `longest`.

    A wait that the other side asked for is a lower bound, up to `longest_asked`. `jitter` returns numbers 0 ≤ x < 1.
    """

    first: float = 0.25
    longest: float = 8.0
    longest_asked: float = math.inf
    jitter: Callable[[], float] = random.random

    def pause(self, attempt: float, least: float | None = None) -> float:
        """The seconds before retry `attempt`, counted from 0; never 0. A negative `attempt` gives a shorter wait."""
        bound = min(self.longest, self.first * math.exp2(min(attempt, _MOST_DOUBLINGS)))
        return max(bound * (1.0 - self.jitter()), min(least or 0.0, self.longest_asked))
