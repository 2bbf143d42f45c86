"""Text recognition: pictures in, lines of text out. Who recognises is passed to the reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recognized:
    """The `lines` of a picture from top to bottom, or the `reason` why there are none, which begins with a verb."""

    lines: Sequence[str] = ()
    reason: str = ""


Recognize = Callable[[Sequence[bytes]], list[Recognized]]
"""Recognises the text of pictures (PNG), in their order. Raises Unrecognized."""


class Unrecognized(Exception):
    """Nothing can be recognised at present: what was asked, and what came back."""
