"""What happens while a question is answered, in this order: `Stage`s, `Sources` once, `Text`s, `Answered` last."""

from dataclasses import dataclass
from typing import Literal

from assistant.models import Answer, Source


@dataclass(frozen=True)
class Stage:
    """What is being done from now on."""

    stage: Literal["searching", "answering"]


@dataclass(frozen=True)
class Sources:
    """The passages the answer will be made from; none of their sentences is marked as used yet."""

    sources: list[Source]


@dataclass(frozen=True)
class Text:
    """The next piece of the answer, for the reader: what a model thinks aloud is left out."""

    text: str


@dataclass(frozen=True)
class Answered:
    """The end: the whole answer. Its text may differ from the pieces in white space at both ends."""

    answer: Answer


Event = Stage | Sources | Text | Answered
