"""The tools that `osml mcp` offers to an agent. Each tool acts as the operator of one environment."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import metadata
from typing import ParamSpec, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from agents.functions import INSTRUCTIONS, FilterValues, tools
from osml.ask import asking
from osml.documents.library import library
from osml.explained import explained
from osml.place import Place
from rag.document_models import DocumentList, DocumentShown
from rag.models import Answer, Source
from rag.search import Page
from settings.environment import prefix_of

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
P = ParamSpec("P")
R = TypeVar("R")


def server(where: Place) -> MCPServer:
    """The MCP server with an environment's tools; `run()` serves them on standard input and output."""
    view = OperatorView(where)
    served = MCPServer(
        prefix_of(where.env),
        version=metadata.version("osml"),
        log_level="ERROR",
        # The tools never change.
        subscriptions=False,
        instructions=INSTRUCTIONS,
    )
    for run in tools(lambda: view):
        served.add_tool(_explaining(run), annotations=READS)
    return served


class OperatorView:
    """The documents of an environment as its operator sees them. The `groups` of the place, if set, limit them."""

    def __init__(self, where: Place) -> None:
        self._where = where

    def search(self, question: str, size: int, filters: FilterValues) -> list[Source]:
        return asking.find(self._where, question, size, _pairs(filters))

    def ask(self, question: str, size: int, filters: FilterValues, conversation: str | None) -> Answer:
        return asking.ask(self._where, question, size, _pairs(filters), conversation)

    def listed(self, page: Page) -> DocumentList:
        return library(self._where).listed(page)

    def shown(self, id: str) -> DocumentShown:
        return library(self._where).shown(id)


def _explaining(run: Callable[P, R]) -> Callable[P, R]:
    """The same function, which raises errors with their sentences. A bug is raised as it is: agents learn nothing."""

    @wraps(run)
    def explaining(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return run(*arguments, **options)
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise ToolError(sentence) from None

    return explaining


def _sentence(error: Exception) -> str | None:
    failure = explained(error)
    if failure is None:
        return None
    return f"{failure} (cause: {failure.cause})" if failure.cause else str(failure)


def _pairs(filters: FilterValues) -> list[tuple[str, str]]:
    """The filters as pairs of field and value, the form that `osml ask` uses."""
    return [
        (field, value)
        for field, values in filters.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
