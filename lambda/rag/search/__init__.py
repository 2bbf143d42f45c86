"""Search for passages, and storage of documents as passages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rag.budget import Budget
from rag.caller import Caller, Held
from rag.failures import RagFailure
from rag.filter_models import Filters
from rag.models import Source

if TYPE_CHECKING:
    from rag.document_models import DocumentList
Order = Literal["asc", "desc", "newest", "oldest"]


def titled(title: str | None, text: str) -> str:
    """The text of a passage as it is embedded: the title, if there is one, and the text."""
    return f"{title} {text}" if title else text


@dataclass(frozen=True)
class Found:
    """Passages, nearest first; `embed_ms` is None if the engine embeds the question itself."""

    sources: list[Source]
    search_ms: int
    embed_ms: int | None = None


@dataclass(frozen=True)
class Passage:
    """A chunk of a document; `id` is the document's id, followed by `#` and a number if there are several.

    `fields` are the document's other fields, and the passage's position in its file. `masked` is the number of personal
    data items that were masked in the whole document; only the first passage has it.
    """

    id: str
    document: str
    title: str | None
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    masked: int = 0

    @property
    def embedded(self) -> str:
        """The text that is embedded."""
        return titled(self.title, self.text)

    def source(self, text_field: str, id_field: str = "id") -> dict[str, Any]:
        """The document that the engine stores."""
        source = {**self.fields, id_field: self.id, "document": self.document, text_field: self.text}
        return source if self.title is None else {**source, "title": self.title}


@dataclass(frozen=True)
class Replaced:
    """The result of storing passages. A document in none of these fields is stored, and its older passages are removed.

    failed: the reason for each passage that could not be stored, by the id of the passage.
    partial: the number of stored passages of each document with failed passages, by the id of the document.
    surplus: documents whose passages are all stored, but whose older passages may still be found.
    """

    failed: Mapping[str, RagFailure] = field(default_factory=dict)
    partial: Mapping[str, int] = field(default_factory=dict)
    surplus: Collection[str] = ()


@dataclass(frozen=True)
class Page:
    """Up to `size` documents after the cursor `after`; with `search`, only those whose id or title contains it.

    order: by id (`asc` or `desc`), or by the time at which they were loaded (`newest` or `oldest` first).
    """

    size: int
    after: str | None = None
    search: str | None = None
    order: Order = "asc"


class Searching(Protocol):
    """A domain or a collection. Every method may raise `RagFailure`.

    Methods with a `caller` find only what the caller may see.
    """

    def nearest(self, texts: list[str], filters: Filters | None, size: int, budget: Budget, caller: Caller) -> Found:
        """Up to `size` passages near a question.

        The first text is the question. A follow-up has a second text: the earlier questions and the question.
        """

    def held(self, documents: Sequence[str], budget: Budget) -> Mapping[str, Held]:
        """The groups and loaders of the documents, by id; documents that do not exist are left out."""

    def taken(self, passages: Sequence[Passage], budget: Budget) -> Mapping[str, Held]:
        """The groups and loaders of passages of other documents with the ids of these passages, by their document."""

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        """Store the passages, and remove all other passages of their documents.

        If a passage of a document fails, none of its passages is stored if possible, and the earlier ones stay.
        """

    def listed(self, page: Page, budget: Budget, caller: Caller) -> "DocumentList":
        """The documents of a page."""

    def shown(self, document: str, budget: Budget, caller: Caller) -> list[Source]:
        """The passages of a document in order; none if it does not exist."""

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        """The passages with these ids that still exist, in any order."""

    def remove(self, document: str, budget: Budget) -> int:
        """Remove a document; returns the number of its passages."""

    def check(self, budget: Budget) -> None:
        """Returns normally if the index can be searched."""
