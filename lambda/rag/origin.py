"""The origin of an answer. It is stored with the turn, to check and judge the answer later."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.models import Source
from settings.prompt import Prompt

_VERSION_DIGITS, _TEXT_DIGITS = 12, 16


@dataclass(frozen=True)
class Cited:
    """A passage that the model got for the answer, by its `id`. Its text is not stored, but read from the index."""

    id: str
    score: float
    similarity: float | None = None


@dataclass(frozen=True)
class Origin:
    """The passages, the answer `model` (None if none was called), the version of the prompt, and `grounded`.

    `answered` is False if no passage was near enough; later questions then ignore the turn. `texts` are digests of the
    passages as the model read them.
    """

    passages: tuple[Cited, ...] = ()
    model: str | None = None
    prompt: str = ""
    grounded: bool = False
    answered: bool = True
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Origin":
        """The origin that `as_json` wrote."""
        passages = tuple(Cited(**passage) for passage in stored["passages"])
        texts = tuple(stored.get("texts", ()))
        return cls(passages, stored["model"], stored["prompt"], stored["grounded"], stored["answered"], texts)

    @property
    def as_json(self) -> dict[str, Any]:
        """The origin as JSON, for a store."""
        return {**asdict(self), "passages": [asdict(each) for each in self.passages], "texts": list(self.texts)}

    def is_whole(self, sources: Sequence[Source]) -> bool:
        """Whether the `sources` contain all passages of the answer, with unchanged texts."""
        read = dict(zip((source.id for source in sources), digests(sources), strict=True))
        return len(self.texts) == len(self.passages) and all(
            read.get(passage.id) == text for passage, text in zip(self.passages, self.texts, strict=True)
        )


def cited(sources: Sequence[Source]) -> tuple[Cited, ...]:
    """The passages of an answer in the form in which they are stored."""
    return tuple(Cited(source.id, source.score, source.similarity) for source in sources)


def digests(sources: Sequence[Source]) -> tuple[str, ...]:
    """The digests of the texts of passages, which show whether a passage has changed since it was read."""
    return tuple(_digest(source.text, _TEXT_DIGITS) for source in sources)


def version_of(prompt: Prompt) -> str:
    """A digest of the prompt's texts, which differs for each version of the prompt."""
    texts = f"{prompt.system}\0{prompt.instructions}"
    return _digest(texts, _VERSION_DIGITS)


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:digits]
