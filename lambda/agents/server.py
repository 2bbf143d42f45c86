"""The tools of a knowledge base for agents, over the Model Context Protocol.

If a tool fails, the agent gets the sentence that a person would read. For a bug, it gets no internal details.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Annotated, ParamSpec, Protocol, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field

from rag.document_models import DocumentList, DocumentShown
from rag.models import Answer, Source
from rag.search import Page
from settings.agents import TOOLS

MOST = 50
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
P = ParamSpec("P")
R = TypeVar("R")

FilterValues = Mapping[str, str | list[str]]
Size = Annotated[int, Field(ge=1, le=MOST, description="The greatest number of passages.")]
Filters = Annotated[
    FilterValues | None,
    Field(
        description="Only documents with these values, such as {'title': 'Boston'}; several values are alternatives."
    ),
]


class Passages(BaseModel):
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


def server(
    name: str,
    version: str,
    documents: Callable[[], DocumentView],
    explained: Callable[[Exception], str | None],
    tools: Collection[str] = TOOLS,
) -> MCPServer:
    """The server of these tools. `documents` returns the view for the current call.

    `explained` returns the sentence for an error, or None for a bug.
    """
    made = MCPServer(
        name,
        version=version,
        log_level="ERROR",
        # The tools never change, and a function cannot keep a stream of notifications open.
        subscriptions=False,
        instructions="Searches the documents of one knowledge base and answers questions only from them. Give the "
        "ids of the documents that an answer is based on.",
    )

    def add(run: Callable[P, R]) -> None:
        if run.__name__ in tools:
            made.add_tool(_explaining(run, explained), annotations=READS)

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

    add(search)
    add(ask)
    add(list_documents)
    add(get_document)
    return made


def _explaining(run: Callable[P, R], explained: Callable[[Exception], str | None]) -> Callable[P, R]:
    """The same function, which raises errors with the sentences of `explained`."""

    @wraps(run)
    def explaining(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return run(*arguments, **options)
        except Exception as error:
            sentence = explained(error)
            if sentence is None:
                raise
            raise ToolError(sentence) from None

    return explaining
