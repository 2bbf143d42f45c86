"""The tools that `osml mcp` offers to an agent: each works as the operator of one environment.

A tool that fails tells the agent the sentence that a person would read; a bug tells it nothing of our insides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from importlib import metadata
from typing import Annotated, ParamSpec, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field

from osml.ask import asking
from osml.documents.library import library
from osml.explained import explained
from osml.place import Place
from rag.document_models import DocumentList, DocumentShown
from rag.models import Answer, Source
from rag.search import Page
from settings.environment import prefix_of

MOST = 50
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
P = ParamSpec("P")
R = TypeVar("R")

Size = Annotated[int, Field(ge=1, le=MOST, description="The greatest number of passages.")]
Filters = Annotated[
    Mapping[str, str | list[str]] | None,
    Field(description="Only documents with these values, such as {'title': 'Boston'}; several are alternatives."),
]


class Passages(BaseModel):
    """The passages found, the nearest to the question first."""

    model_config = ConfigDict(frozen=True)

    passages: list[Source]


def server(where: Place) -> MCPServer:
    """The server of an environment's tools; `run()` serves it on standard input and output."""
    made = MCPServer(
        prefix_of(where.env),
        version=metadata.version("osml"),
        instructions="Searches the documents of one knowledge base and answers questions from them alone. "
        "Give the ids of the documents that an answer is from.",
    )

    @_tool(made)
    def search(question: str, size: Size = 4, filters: Filters = None) -> Passages:
        """Find the passages nearest to a question, without an answer. Each names its document and its place there."""
        return Passages(passages=asking.find(where, question, size, _pairs(filters)))

    @_tool(made)
    def ask(question: str, size: Size = 4, filters: Filters = None, conversation: str | None = None) -> Answer:
        """Answer a question from the documents, with the passages used. `conversation` is an id to continue, or `new`.

        Without an answer model the answer is null.
        """
        return asking.ask(where, question, size, _pairs(filters), conversation)

    @_tool(made)
    def list_documents(
        size: Annotated[int, Field(ge=1, le=1000)] = 100, after: str | None = None, search: str | None = None
    ) -> DocumentList:
        """List documents by id. `after` continues behind a page; `search` keeps ids and titles that contain it."""
        return library(where).listed(Page(size, after, search))

    @_tool(made)
    def get_document(id: str) -> DocumentShown:
        """Show a document by its id: its title, and its text in passages."""
        return library(where).shown(id)

    return made


def _tool(server: MCPServer) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Adds a function that only reads as a tool; its errors become sentences."""

    def add(run: Callable[P, R]) -> Callable[P, R]:
        @wraps(run)
        def told(*arguments: P.args, **options: P.kwargs) -> R:
            try:
                return run(*arguments, **options)
            except Exception as error:
                failure = explained(error)
                if failure is None:
                    raise
                raise ToolError(f"{failure} (cause: {failure.cause})" if failure.cause else str(failure)) from None

        server.add_tool(told, annotations=READS)
        return told

    return add


def _pairs(filters: Mapping[str, str | list[str]] | None) -> list[tuple[str, str]]:
    """Field and value of each filter, as `osml ask` has them."""
    return [
        (field, value)
        for field, values in (filters or {}).items()
        for value in ([values] if isinstance(values, str) else values)
    ]
