"""Lets Python collect cyclic garbage less often during work with many objects and no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# By default, the collection runs after each 700 objects and visits the thousands of documents in flight. That takes a
# quarter of a load's processor time (Python 3.11).
THRESHOLDS = (10_000, 100, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within this context, the collection runs seldom; afterwards, it runs as often as before."""
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
