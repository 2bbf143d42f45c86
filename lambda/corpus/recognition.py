"""The interface of text recognition, from pictures to lines of text; an implementation is passed to the reader."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# The least mean certainty of a text. With rapidocr it is 0.98 to 1 on rendered pages; with a script that its models
# lack, or on a page that lies on its side, it is 0.61 to 0.88 (docs/decisions/0020-reading-files.md).
CERTAIN = 0.9


@dataclass(frozen=True, slots=True)
class Recognized:
    """The `lines` of a picture from top to bottom, or the `reason` why there are none, which begins with a verb."""

    lines: Sequence[str] = ()
    reason: str = ""


Recognize = Callable[[Sequence[bytes]], list[Recognized]]
"""Recognises the text of pictures (PNG or JPEG), in their order. Raises Unrecognized."""


class Unrecognized(Exception):
    """Nothing can be recognised at present; the message names the request and its answer."""


def certainty_of(lines: Iterable[tuple[str, float]]) -> float:
    """The mean certainty (0 to 1) of the lines, weighted by their lengths; 0 without text."""
    weighed = [(len(line), certainty) for line, certainty in lines]
    letters = sum(length for length, _ in weighed)
    return sum(length * certainty for length, certainty in weighed) / letters if letters else 0.0


def certain(lines: Sequence[tuple[str, float]]) -> Recognized:
    """The lines, or the reason why they are left out: their mean certainty is too low."""
    certainty = certainty_of(lines)
    if lines and certainty < CERTAIN:
        return Recognized(reason=f"has text with a recognition confidence of only {certainty:.0%}, so it is left out")
    return Recognized([line for line, _ in lines])
