"""Runs independent calls at the same time."""

import contextvars
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of the calls, in their order; raises the exception of the first call in this order that fails."""
    if len(calls) == 1:
        return [calls[0]()]
    # Imported here, because only a follow-up has several calls.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(contextvars.copy_context().run, call) for call in calls]
        return [each.result() for each in running]
