"""Waits for what becomes true a moment later.

A deadline is reached only by a test that fails, so a long one costs nothing; on a busy machine a short one is a test
that fails by chance. tests/unit/test_chance.py forbids waits elsewhere.
"""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 300.0
_PAUSE = 0.1

Seen = TypeVar("Seen")


def until(
    what: str, look: Callable[[], Seen], right: Callable[[Seen], object] = bool, seconds: float = PATIENCE
) -> Seen:
    """Look until `right` is true of what is seen, and return that; fail after so many seconds with both named."""
    deadline = time.monotonic() + seconds
    while not right(seen := look()):
        assert time.monotonic() < deadline, f"Waited {seconds:g} s for {what}; the last look showed {seen!r}."
        time.sleep(_PAUSE)
    return seen
