"""Python's collection of cycles while there are many objects and no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# By default it begins after each 700 objects and walks through the thousands of documents that are under way, which was
# a quarter of a load's processor time (3.11).
THRESHOLDS = (10_000, 100, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within, cycles are looked for seldom; afterwards as often as before."""
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
