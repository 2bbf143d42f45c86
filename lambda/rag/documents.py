"""Documents of the index: they are stored as passages, listed and removed."""

from collections import Counter
from collections.abc import Sequence

from corpus.chunks import chunks
from corpus.document import Document, id_fault
from corpus.report import Retry
from rag.budget import Budget
from rag.document_models import (
    DocumentIn,
    DocumentList,
    DocumentRemoved,
    DocumentResult,
    DocumentShown,
    DocumentsStored,
    PassageShown,
)
from rag.failures import Absent, Failure, Invalid, Throttled, TimedOut, Unavailable
from rag.models import place_in
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.search import Page, Passage, Replaced
from settings.runtime_settings import RuntimeSettings

MOST_LISTED = 100
OLDER = "It is stored, but passages of the version before may still be found; store it again to remove them."


def store(documents: Sequence[DocumentIn], seconds: float, parts: Parts | None = None) -> DocumentsStored:
    """Store the documents within `seconds`, each replacing an earlier one with its id; returns results in their order.

    A document that could not be stored is `failed`, with the reason. Raises a `Failure` if nothing was tried, `Invalid`
    for too many documents or for two with the same id; and if nothing was stored because the engine or the model
    throttles or is down, so that the same request can succeed later.
    """
    parts = own_parts() if parts is None else parts
    limits = parts.settings.limits
    if len(documents) > limits.documents:
        raise Invalid(f"The request has {len(documents)} documents. Send at most {limits.documents} at once.")
    refuse_doubled(documents)
    wanted = documents_of(documents, parts.settings.index.text_field)
    try:
        results = put(wanted, Budget(seconds), parts)
    except (Throttled, Unavailable):
        raise
    except Failure as failure:
        results = [failed(document.id, failure.message, retry(failure)) for document in documents]
    return told(results)


def refuse_doubled(documents: Sequence[DocumentIn]) -> None:
    """Raises `Invalid` for two documents with the same id."""
    doubled = sorted(id for id, times in Counter(document.id for document in documents).items() if times > 1)
    if doubled:
        raise Invalid(f"The id {doubled[0]} belongs to more than one document. Give each document its own id.")


def documents_of(given: Sequence[DocumentIn], text_field: str) -> list[Document]:
    """The documents of a request."""
    return [_document(document, text_field) for document in given]


def put(documents: Sequence[Document], budget: Budget, parts: Parts) -> list[DocumentResult]:
    """Store documents, each in place of an earlier one with its id; raises a `Failure` if all of them failed."""
    split = [passages(document, parts.settings) for document in documents]
    replaced = parts.search.replace([passage for of_one in split for passage in of_one], budget)
    return [_result(document, of_one, replaced) for document, of_one in zip(documents, split, strict=True)]


def told(results: list[DocumentResult]) -> DocumentsStored:
    """The results with their counts."""
    stored = sum(result.status == "stored" for result in results)
    return DocumentsStored(documents=results, stored=stored, failed=len(results) - stored)


def failed(id: str, message: str, again: Retry = "never") -> DocumentResult:
    """The result of a document that could not be stored, or an entry that could not be read."""
    return DocumentResult(id=id, status="failed", passages=0, message=message, retry=again)


def retry(failure: Failure) -> Retry:
    """Whether another attempt may store the same document."""
    return "later" if isinstance(failure, Throttled | Unavailable | TimedOut) else "never"


def passages(document: Document, settings: RuntimeSettings) -> list[Passage]:
    """The document's chunks, the same as in every other load."""
    field, limits = settings.index.text_field, settings.limits
    return [
        Passage(
            chunk.id,
            chunk.of,
            chunk.source.get("title"),
            chunk.source[field],
            {name: value for name, value in chunk.source.items() if name != field},
        )
        for chunk in chunks(document, field, limits.passage_characters, limits.passage_tokens, limits.passage_overlap)
    ]


def listed(page: Page, seconds: float, parts: Parts | None = None) -> DocumentList:
    """The documents of a page; raises a `Failure`."""
    parts = own_parts() if parts is None else parts
    if not 1 <= page.size <= MOST_LISTED:
        raise Invalid(f"limit is {page.size}; give a number from 1 to {MOST_LISTED}.")
    return parts.search.listed(page, Budget(seconds))


def shown(id: str, seconds: float, parts: Parts | None = None) -> DocumentShown:
    """A document with its passages; raises `Absent` if it does not exist, or another `Failure`."""
    parts = own_parts() if parts is None else parts
    passages = [] if id_fault(id) else parts.search.shown(id, Budget(seconds))
    if not passages:
        raise Absent(f"There is no document {id!r}.")
    shown_passages = [
        PassageShown(id=passage.id, text=passage.text, **place_in(passage.model_dump())) for passage in passages
    ]
    return DocumentShown(id=id, title=passages[0].title, passages=shown_passages)


def delete(id: str, seconds: float, parts: Parts | None = None) -> DocumentRemoved:
    """Remove a document with all its passages; raises `Absent` if it does not exist, or another `Failure`."""
    parts = own_parts() if parts is None else parts
    removed = 0 if id_fault(id) else parts.search.remove(id, Budget(seconds))
    if not removed:
        raise Absent(f"There is no document {id!r}.")
    return DocumentRemoved(id=id, passages=removed)


def _document(given: DocumentIn, text_field: str) -> Document:
    source = {text_field: given.text} if given.title is None else {text_field: given.text, "title": given.title}
    places = [(place.start, place.model_dump(exclude={"start"}, exclude_none=True)) for place in given.places]
    return Document(given.id, source, given.id, given.id, places=places)


def _result(document: Document, of_one: Sequence[Passage], replaced: Replaced) -> DocumentResult:
    why = [replaced.failed[chunk.id] for chunk in of_one if chunk.id in replaced.failed]
    title = document.source.get("title")
    if not why:
        more = OLDER if document.id in replaced.surplus else None
        return DocumentResult(id=document.id, title=title, status="stored", passages=len(of_one), message=more)
    reason = next((failure for failure in why if retry(failure) == "never"), why[0])
    held = replaced.partial.get(document.id, 0)
    if held:
        message = (
            f"{held} of {len(of_one)} passages are stored, and stand among those of the version before. "
            f"{reason.message} Store the document again, or remove it."
        )
        return DocumentResult(
            id=document.id, title=title, status="partial", passages=held, message=message, retry=retry(reason)
        )
    share = "" if len(of_one) == 1 else f"{len(why)} of {len(of_one)} passages could not be stored, so that none is. "
    return failed(document.id, f"{share}{reason.message}", retry(reason))
