"""Waits for conditions that become true a moment later."""

import time
from collections.abc import Callable


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Whether `true()` is true within that many seconds; checked ten times a second."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
