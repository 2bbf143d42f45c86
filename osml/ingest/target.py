"""Where documents go: into the index of a domain, or to the assistant of a collection."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import NoReturn

from corpus.chunks import chunks
from corpus.destination import Destination
from corpus.document import Document
from corpus.fields import with_access
from corpus.leftovers import Leftovers
from corpus.report import Report
from osml.failure import Failure
from osml.ingest import documents
from osml.ingest.initial_load import InitialLoad
from osml.ingest.leftovers import leftovers
from osml.ingest.options import IngestOptions
from osml.ingest.restricted import refuse_unsaid
from osml.ingest.storing import Storing
from osml.place import Place
from osml.remote.domain import Domain
from osml.remote.functions import Functions
from osml.remote.stack import knowledge, passages
from settings.assistant import passage_characters
from settings.search import Cluster


@dataclass(frozen=True)
class IngestTarget:
    """The destination of documents, and how to load them.

    connect: opens a connection for one thread.
    parts: cuts a document into the parts that are sent.
    finish: runs after a complete load.
    quiet: the context of an initial load; its argument is whether the load continues another.
    held, leftovers: count the documents, and remove obsolete chunks; None on a collection.
    """

    index: str
    text_field: str
    connect: Callable[[], Destination]
    parts: Callable[[Report, Document], Sequence[Document]]
    finish: Callable[[], object]
    quiet: Callable[[bool], AbstractContextManager[None]]
    held: Callable[[], int] | None = None
    leftovers: Leftovers | None = None


def ingest_target(where: Place, options: IngestOptions) -> IngestTarget:
    """The target of the environment. Raises Failure."""
    return _by_assistant(where, options) if where.settings().engine is None else _on_domain(where, options)


def _on_domain(where: Place, options: IngestOptions) -> IngestTarget:
    deployed = knowledge(where)
    if options.groups is None:
        refuse_unsaid(Domain(deployed), deployed.index)
    settings = where.settings()
    cut = partial(
        chunks,
        text_field=deployed.text_field,
        most=passage_characters(settings.assistant),
        tokens=settings.embedding.chunk_tokens,
        overlap=settings.index.overlap,
        mask=settings.index.mask,
    )
    fewest = settings.search.copy_multiple - 1 if isinstance(settings.search, Cluster) else 0
    initial = InitialLoad(Domain(deployed), deployed.index, settings.index.replicas, fewest)
    return IngestTarget(
        deployed.index,
        deployed.text_field,
        lambda: documents.bulk(Domain(deployed), deployed.index),
        lambda _, document: cut(_for_groups(document, options.groups)),
        initial.settle,
        lambda continues: initial.quiet(continues=continues),
        initial.held,
        leftovers(Domain(deployed), deployed.index),
    )


def _by_assistant(where: Place, options: IngestOptions) -> IngestTarget:
    deployed, settings = passages(where), where.settings().assistant
    assert settings  # noqa: S101 - for the type checker: the recipe serverless always has one
    # All threads share it, because its client is thread-safe.
    storing = Storing(Functions(where), deployed.text_field, settings.body_limit, options.groups)

    def whole(report: Report, document: Document) -> list[Document]:
        report.unkept |= storing.unkept(document)
        return [document]

    def quiet(_: bool) -> NoReturn:
        raise Failure("--initial-load is for a domain. A collection manages its own replicas and refresh.")

    return IngestTarget(deployed.index, deployed.text_field, lambda: storing, whole, lambda: None, quiet)


def _for_groups(document: Document, groups: Sequence[str] | None) -> Document:
    return replace(document, source=with_access(document.source, groups)) if groups else document
