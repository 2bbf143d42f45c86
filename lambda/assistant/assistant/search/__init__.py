"""Search: a question goes in, passages come out; documents go in as passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.budget import Budget
from assistant.models import DocumentList, Filters, Source


@dataclass(frozen=True)
class Found:
    """Passages, nearest first; `embed_ms` is None where the engine embeds the question itself."""

    sources: list[Source]
    search_ms: int
    embed_ms: int | None = None


@dataclass(frozen=True)
class Passage:
    """A piece of a document; `id` is the document's, followed by `#` and a number if there are several."""

    id: str
    document: str
    title: str | None
    text: str

    def source(self, text_field: str) -> dict[str, str]:
        """The document that the engine stores."""
        source = {"id": self.id, "document": self.document, text_field: self.text}
        return source if self.title is None else {**source, "title": self.title}


class Searching(Protocol):
    """A domain or a collection. Everything raises `Failure`."""

    def nearest(self, question: str, filters: Filters | None, size: int, budget: Budget) -> Found:
        """Up to `size` passages near to the question."""

    def replace(self, passages: Sequence[Passage], budget: Budget) -> dict[str, str]:
        """Store the passages and remove all others of their documents.

        Returns why a passage could not be stored, by its id; of such a document nothing is removed.
        """

    def listed(self, size: int, after: str | None, budget: Budget) -> DocumentList:
        """Up to `size` documents whose ids come after `after`."""

    def remove(self, document: str, budget: Budget) -> int:
        """Remove a document; returns how many passages it had."""

    def check(self, budget: Budget) -> None:
        """Return if the index can be searched."""
