"""Calls at the same time: the two searches of a follow-up."""

import threading
from contextvars import ContextVar

import pytest

from rag.in_parallel import in_parallel
from tests.waiting import PATIENCE

_here: ContextVar[str] = ContextVar("here", default="elsewhere")


def test_the_calls_wait_for_each_other_and_their_results_keep_their_order() -> None:
    both = threading.Barrier(2, timeout=PATIENCE)
    _here.set("the trace")

    def call(name: str) -> str:
        both.wait()  # raises an error if the other call has not begun
        return f"{name} in {_here.get()}"

    assert in_parallel([lambda: call("one"), lambda: call("two")]) == ["one in the trace", "two in the trace"]


def test_one_call_has_no_thread() -> None:
    assert in_parallel([threading.get_ident]) == [threading.get_ident()]


def test_a_failure_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        in_parallel([lambda: 1, lambda: 1 // 0])
