"""Events of an answer, in this order: `Stage`s and `Searched`s, `Sources` once, `Text`s, `Answered` last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from rag.models import Answer, SearchStep, Source


@dataclass(frozen=True)
class Stage:
    """The step that begins now."""

    stage: Literal["searching", "answering"]


@dataclass(frozen=True)
class Searched:
    """A search that the answer model chose, with its result."""

    step: SearchStep


@dataclass(frozen=True)
class Sources:
    """The passages for the answer; none of their sentences is marked as used yet."""

    sources: list[Source]


@dataclass(frozen=True)
class Text:
    """The next piece of the answer, without the model's reasoning."""

    text: str


def _nothing() -> None:
    """There is no turn to store."""


@dataclass(frozen=True)
class Answered:
    """The last event, with the whole answer. White space at both ends of its text may differ from the pieces.

    Call `keep` after the answer is sent: it stores the turn, and may raise a `RagFailure`.
    """

    answer: Answer
    keep: Callable[[], None] = field(default=_nothing, compare=False, repr=False)


Event = Stage | Searched | Sources | Text | Answered
