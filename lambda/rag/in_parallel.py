"""Calls that do not need each other, at the same time."""

import contextvars
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Their results, in order; raises what the first of them raises that fails."""
    if len(calls) == 1:
        return [calls[0]()]
    # Only a follow-up has several.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(contextvars.copy_context().run, call) for call in calls]
        return [each.result() for each in running]
