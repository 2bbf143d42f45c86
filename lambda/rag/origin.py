"""Where an answer came from: stored with its turn, so that the answer can be checked and judged later."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.models import Source
from settings.knowledge import Prompt

_VERSION_DIGITS, _TEXT_DIGITS = 12, 16


@dataclass(frozen=True)
class Cited:
    """A passage that the answer was to come from, by its `id`; its text is read again from the index."""

    id: str
    score: float
    similarity: float | None = None


@dataclass(frozen=True)
class Origin:
    """The passages, the answer `model` (None if none was called), the version of the prompt, and `grounded`.

    A question that is not `answered`, because no passage was near enough, is no part of later questions. `texts` are
    digests of the passages as the model read them.
    """

    passages: tuple[Cited, ...] = ()
    model: str | None = None
    prompt: str = ""
    grounded: bool = False
    answered: bool = True
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Origin":
        """The origin that `as_json` has written."""
        passages = tuple(Cited(**passage) for passage in stored["passages"])
        texts = tuple(stored.get("texts", ()))
        return cls(passages, stored["model"], stored["prompt"], stored["grounded"], stored["answered"], texts)

    @property
    def as_json(self) -> dict[str, Any]:
        """What is stored of it."""
        return {**asdict(self), "passages": [asdict(each) for each in self.passages], "texts": list(self.texts)}

    def is_whole(self, sources: Sequence[Source]) -> bool:
        """Whether all that the answer was made from is among the `sources`, word for word."""
        read = dict(zip((source.id for source in sources), digests(sources), strict=True))
        return len(self.texts) == len(self.passages) and all(
            read.get(passage.id) == text for passage, text in zip(self.passages, self.texts, strict=True)
        )


def cited(sources: Sequence[Source]) -> tuple[Cited, ...]:
    """The passages of an answer, as they are stored."""
    return tuple(Cited(source.id, source.score, source.similarity) for source in sources)


def digests(sources: Sequence[Source]) -> tuple[str, ...]:
    """Of the texts of passages, by which one that has changed is told from the one that was read."""
    return tuple(_digest(source.text, _TEXT_DIGITS) for source in sources)


def version_of(prompt: Prompt) -> str:
    """A digest of the prompt's texts, by which answers of two versions of it are told apart."""
    texts = f"{prompt.system}\0{prompt.instructions}"
    return _digest(texts, _VERSION_DIGITS)


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:digits]
