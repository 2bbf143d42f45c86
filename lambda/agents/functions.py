"""The tools of a knowledge base for agents, which the function `tools` and `osml mcp` offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Protocol

from pydantic import ConfigDict, Field

from rag.document_models import DocumentList, DocumentShown
from rag.models import Answer, Source
from rag.search import Page
from rag.shape import Shape

INSTRUCTIONS = (
    "Searches the documents of one knowledge base and answers questions only from them. Give the ids of the documents "
    "that an answer is based on."
)
MOST = 50

FilterValues = Mapping[str, str | list[str]]
Size = Annotated[int, Field(ge=1, le=MOST, description="The greatest number of passages.")]
Filters = Annotated[
    FilterValues | None,
    Field(
        description="Only documents with these values, such as {'title': 'Boston'}; several values are alternatives."
    ),
]


class Passages(Shape):
    """The passages found, the nearest to the question first."""

    model_config = ConfigDict(frozen=True)

    passages: list[Source]


class DocumentView(Protocol):
    """The documents as one person or role sees them. Every method may raise errors that `explained` describes."""

    def search(self, question: str, size: int, filters: FilterValues) -> list[Source]:
        """The passages nearest to the question."""

    def ask(self, question: str, size: int, filters: FilterValues, conversation: str | None) -> Answer:
        """The answer; `conversation` is an id to continue, `new`, or None to store no turn."""

    def listed(self, page: Page) -> DocumentList:
        """The documents of a page."""

    def shown(self, id: str) -> DocumentShown:
        """A document with its passages."""


def tools(documents: Callable[[], DocumentView]) -> list[Callable[..., Shape]]:
    """The functions of the tools, in the order of `settings.agents.TOOLS`.

    Their names, docstrings and annotations are what agents see. `documents` returns the view for the current call.
    """

    def search(question: str, size: Size = 4, filters: Filters = None) -> Passages:
        """Find the passages nearest to a question, without an answer. Each names its document and its place there."""
        return Passages(passages=documents().search(question, size, filters or {}))

    def ask(question: str, size: Size = 4, filters: Filters = None, conversation: str | None = None) -> Answer:
        """Answer a question from the documents, with the passages used. `conversation` is an id to continue, or `new`.

        Without an answer model the text is null.
        """
        return documents().ask(question, size, filters or {}, conversation)

    def list_documents(
        size: Annotated[int, Field(ge=1, le=1000)] = 100, after: str | None = None, search: str | None = None
    ) -> DocumentList:
        """List documents by id. `after` continues behind a page; `search` keeps ids and titles that contain it."""
        return documents().listed(Page(size, after, search))

    def get_document(id: str) -> DocumentShown:
        """Show a document by its id: its title, and its text in passages."""
        return documents().shown(id)

    return [search, ask, list_documents, get_document]
