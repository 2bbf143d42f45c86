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


@dataclass(frozen=True)
class Found:
    """Passages, nearest first; `embed_ms` is None if the engine embeds the question itself."""

    sources: list[Source]
    search_ms: int
    embed_ms: int | None = None


@dataclass(frozen=True)
class Passage:
    """A piece of a document; `id` is the document's, followed by `#` and a number if there are several.

    `fields` are the document's other fields, and the passage's position in its file. `masked` is how many personal data
    were masked in the document, at its first passage.
    """

    id: str
    document: str
    title: str | None
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    masked: int = 0

    @property
    def embedded(self) -> str:
        """The text that is embedded: the title before the text."""
        return f"{self.title} {self.text}" if self.title else self.text

    def source(self, text_field: str, id_field: str = "id") -> dict[str, Any]:
        """The document that the engine stores."""
        source = {**self.fields, id_field: self.id, "document": self.document, text_field: self.text}
        return source if self.title is None else {**source, "title": self.title}


@dataclass(frozen=True)
class Replaced:
    """The result of storing passages. Documents in none of these fields are stored, and their older passages removed.

    failed: why a passage could not be stored, by its id.
    partial: the number of new passages in the index of a document of which others failed, by the document's id.
    surplus: documents with all passages stored, of which older ones may still be found.
    """

    failed: Mapping[str, RagFailure] = field(default_factory=dict)
    partial: Mapping[str, int] = field(default_factory=dict)
    surplus: Collection[str] = ()


@dataclass(frozen=True)
class Page:
    """Up to `size` documents after the page whose cursor was `after`; with `search`, those with it in the id or title.

    order: by id, `asc` or `desc`, or by the time at which they were loaded, `newest` or `oldest` first.
    """

    size: int
    after: str | None = None
    search: str | None = None
    order: Order = "asc"


class Searching(Protocol):
    """A domain or a collection. Every method may raise `RagFailure`.

    What has a `caller` finds nothing that the caller may not see.
    """

    def nearest(self, texts: list[str], filters: Filters | None, size: int, budget: Budget, caller: Caller) -> Found:
        """Up to `size` passages near to the question: the first text, and the second with those before it."""

    def held(self, documents: Sequence[str], budget: Budget) -> Mapping[str, Held]:
        """Whose the documents are, by id; without those that do not exist."""

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        """Store the passages and remove all others of their documents.

        If one of its passages fails, a document is not stored at all if possible, and its earlier passages stay.
        """

    def listed(self, page: Page, budget: Budget, caller: Caller) -> "DocumentList":
        """The documents of a page."""

    def shown(self, document: str, budget: Budget, caller: Caller) -> list[Source]:
        """The passages of a document in order; none if it does not exist."""

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        """The passages with these ids, as far as they are still there, in any order."""

    def remove(self, document: str, budget: Budget) -> int:
        """Remove a document; returns how many passages it had."""

    def check(self, budget: Budget) -> None:
        """Returns normally if the index can be searched."""
