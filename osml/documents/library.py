"""The documents of an environment, on a domain or on a collection."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from osml.place import Place
from osml.remote.domain import signature
from osml.remote.functions import Functions
from osml.remote.reading import as_failures, read
from osml.remote.stack import knowledge
from rag import documents
from rag.document_models import DocumentList, DocumentListed, DocumentRemoved, DocumentShown
from rag.parts import Parts
from rag.search import Page
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient
from settings.index import IndexNames
from settings.prompt import Prompt
from settings.runtime_settings import EngineEmbedding, Memory, RuntimeSearch, RuntimeSettings

SECONDS = 120.0


class Library(Protocol):
    """Every method raises Failure, also when the document to show or remove does not exist."""

    def listed(self, page: Page) -> DocumentList:
        """The documents of a page."""

    def shown(self, id: str) -> DocumentShown:
        """A document with its passages."""

    def removed(self, id: str) -> DocumentRemoved:
        """Remove a document."""


def library(where: Place) -> Library:
    """The library of the environment: on a domain the engine, on a collection the function `documents`.

    Both are called as the operator.
    """
    return OfFunctions(Functions(where)) if where.settings().engine is None else OfDomain(where)


def all_of(library: Library, search: str | None) -> Iterator[DocumentListed]:
    """Every document, by id."""
    page = Page(documents.MOST_LISTED, search=search)
    while True:
        listed = library.listed(page)
        yield from listed.documents
        if listed.after is None:
            return
        page = Page(page.size, listed.after, search)


def by_time(documents: Iterable[DocumentListed], *, newest: bool) -> list[DocumentListed]:
    """The documents in the order of their loading; documents of unknown time count as the oldest."""
    unknown = datetime.min.replace(tzinfo=UTC)
    return sorted(documents, key=lambda document: document.loaded or unknown, reverse=newest)


class OfDomain:
    """The library on a domain or a self-managed engine."""

    def __init__(self, where: Place) -> None:
        deployed, environment = knowledge(where), where.settings()
        self._caller = where.caller
        settings = RuntimeSettings(
            environment=where.env,
            search=RuntimeSearch(endpoint=deployed.endpoint, region=deployed.region, service="es"),
            index=IndexNames(
                name=deployed.index, text_field=deployed.text_field, embedding_field=deployed.embedding_field
            ),
            prompt=Prompt(system=environment.prompt.system, instructions=environment.prompt.instructions),
            embedding=EngineEmbedding(),
            conversations=Memory(kind="memory"),
        )
        self._parts = Parts(settings, DomainSearch(IndexClient(settings, signature(deployed))), None, cast(Any, None))

    def listed(self, page: Page) -> DocumentList:
        with as_failures():
            return documents.listed(page, SECONDS, self._caller, self._parts)

    def shown(self, id: str) -> DocumentShown:
        with as_failures():
            return documents.shown(id, SECONDS, self._caller, self._parts)

    def removed(self, id: str) -> DocumentRemoved:
        with as_failures():
            return documents.delete(id, SECONDS, self._caller, self._parts)


class OfFunctions:
    """The library on a collection, which calls the function `documents` with the API's events."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def listed(self, page: Page) -> DocumentList:
        query = {"limit": str(page.size), "after": page.after, "search": page.search, "order": page.order}
        return read(self._functions.request("GET", "/documents", query), DocumentList)

    def shown(self, id: str) -> DocumentShown:
        return read(self._functions.request("GET", "/passages", {"document": id}), DocumentShown)

    def removed(self, id: str) -> DocumentRemoved:
        return read(self._functions.request("DELETE", "/documents", {"id": id}), DocumentRemoved)
