"""Whole numbers that a file states in digits."""

from typing import TypeVar

D = TypeVar("D")
_MOST_DIGITS = 9


def whole_number(text: str | None, default: D) -> int | D:
    """The number of at most nine digits that `text` is; `default` for any other text."""
    # `isdigit` also holds for digits such as `²`, which `int` refuses.
    return int(text) if text and text.isdecimal() and len(text) <= _MOST_DIGITS else default
