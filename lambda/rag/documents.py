"""Documents of the index: this module stores them as passages, lists, shows and removes them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from corpus.chunks import chunks
from corpus.document import Document, id_fault
from corpus.fields import with_access
from rag.budget import Budget
from rag.caller import Caller, Held, access_in, groups_in
from rag.document_models import (
    DocumentIn,
    DocumentList,
    DocumentRemoved,
    DocumentResult,
    DocumentShown,
    DocumentsStored,
    PassageShown,
)
from rag.document_results import counted, failed, result, retry
from rag.failures import Absent, Forbidden, Invalid, RagFailure, Starting, Throttled, Unavailable
from rag.models import place_in
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.search import Page, Passage, Replaced
from settings.runtime_settings import RuntimeSettings

MOST_LISTED = 100


def store(
    documents: Sequence[DocumentIn], seconds: float, caller: Caller, parts: Parts | None = None
) -> DocumentsStored:
    """Store the documents within `seconds`, each replacing an earlier one with its id; returns results in their order.

    A document that cannot be stored is `failed`, with the reason. Raises `Invalid` for too many documents, or for two
    with the same id. Raises `Starting`, `Throttled` or `Unavailable` if nothing was stored and the same request can
    succeed later.
    """
    parts = own_parts() if parts is None else parts
    limits = parts.settings.limits
    if len(documents) > limits.documents:
        raise Invalid(f"The request has {len(documents)} documents. Send at most {limits.documents} at once.")
    refuse_doubled(documents)
    wanted = documents_of(documents, parts.settings.index.text_field)
    try:
        results = put(wanted, Budget(seconds), parts, caller)
    except (Starting, Throttled, Unavailable):
        raise
    except RagFailure as failure:
        results = [failed(document.id, failure.message, retry(failure)) for document in documents]
    return counted(results)


def refuse_doubled(documents: Sequence[DocumentIn]) -> None:
    """Raises `Invalid` for two documents with the same id."""
    doubled = sorted(id for id, times in Counter(document.id for document in documents).items() if times > 1)
    if doubled:
        raise Invalid(f"The id {doubled[0]} is the id of more than one document. Give each document its own id.")


def documents_of(given: Sequence[DocumentIn], text_field: str) -> list[Document]:
    """The documents of a request."""
    return [_document(document, text_field) for document in given]


def put(documents: Sequence[Document], budget: Budget, parts: Parts, caller: Caller) -> list[DocumentResult]:
    """Store documents; each replaces an earlier one with its id. Raises a `RagFailure` if all of them failed.

    A document fails if the caller may not replace the stored one, or gives it to a group that they are not in. Then the
    stored one stays as it is. A document without groups gets those of the one that it replaces.
    """
    held = parts.search.held([document.id for document in documents], budget)
    reasons = {document.id: _refusal(document, held.get(document.id), caller) for document in documents}
    owned = [_owned(document, held.get(document.id), caller) for document in documents if not reasons[document.id]]
    split = {document.id: passages(document, parts.settings) for document in owned}
    replaced = parts.search.replace([passage for passages in split.values() for passage in passages], budget)
    _refuse_while_it_starts(split, replaced)
    return [
        failed(document.id, reason)
        if (reason := reasons[document.id])
        else result(document, split[document.id], replaced)
        for document in documents
    ]


def _refuse_while_it_starts(split: Mapping[str, Sequence[Passage]], replaced: Replaced) -> None:
    """Raises `Starting` if every passage failed because the model starts."""
    starts = [failure for failure in replaced.failed.values() if isinstance(failure, Starting)]
    if starts and len(starts) == sum(map(len, split.values())):
        raise starts[0]


def refuse_strange(groups: Sequence[str] | None, caller: Caller) -> None:
    """Raises `Forbidden` for groups that the caller is not in."""
    if strange := caller.strange(groups or ()):
        raise Forbidden(_not_in(strange))


def _not_in(strange: Sequence[str]) -> str:
    return f"You are not in the group {strange[0]!r}, so you cannot give it a document. Leave out the group."


def _refusal(document: Document, held: Held | None, caller: Caller) -> str:
    """Why the caller may not store the document; empty if they may."""
    if strange := caller.strange(groups_in(document.source)):
        return _not_in(strange)
    if held and not caller.changes(held):
        return (
            f"A document {document.id!r} already exists, and you did not load it. Give your document another id, or "
            f"ask an "
            "owner to replace it."
        )
    return ""


def _owned(document: Document, held: Held | None, caller: Caller) -> Document:
    """The document with its groups, or those of the document that it replaces, and with its loader."""
    access = access_in(document.source)
    groups = groups_in(document.source) if "groups" in access else sorted(held.groups) if held else []
    original = access.get("original")
    return replace(document, source=with_access(document.source, groups, caller.loader, caller.role, original=original))


def passages(document: Document, settings: RuntimeSettings) -> list[Passage]:
    """The document's chunks as passages; every way to load a document makes the same chunks."""
    field, limits = settings.index.text_field, settings.limits
    return [
        Passage(
            chunk.id,
            chunk.of,
            chunk.source.get("title"),
            chunk.source[field],
            {name: value for name, value in chunk.source.items() if name != field},
            chunk.masked,
        )
        for chunk in chunks(
            document,
            field,
            limits.passage_characters,
            limits.passage_tokens,
            limits.passage_overlap,
            limits.mask,
        )
    ]


def listed(page: Page, seconds: float, caller: Caller, parts: Parts | None = None) -> DocumentList:
    """The documents of a page; raises a `RagFailure`."""
    parts = own_parts() if parts is None else parts
    if not 1 <= page.size <= MOST_LISTED:
        raise Invalid(f"limit is {page.size}; give a number from 1 to {MOST_LISTED}.")
    return parts.search.listed(page, Budget(seconds), caller)


def shown(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> DocumentShown:
    """A document with its passages; raises `Absent` if it does not exist, or another `RagFailure`."""
    parts = own_parts() if parts is None else parts
    passages = [] if id_fault(id) else parts.search.shown(id, Budget(seconds), caller)
    if not passages:
        raise Absent(f"There is no document {id!r}.")
    shown_passages = [
        PassageShown(id=passage.id, text=passage.text, **place_in(passage.model_dump())) for passage in passages
    ]
    return DocumentShown(id=id, title=passages[0].title, passages=shown_passages)


def delete(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> DocumentRemoved:
    """Remove a document with all its passages.

    Raises `Absent` if it does not exist for the caller, `Forbidden` if they may only see it, or another `RagFailure`.
    """
    parts = own_parts() if parts is None else parts
    budget = Budget(seconds)
    removed = 0 if id_fault(id) or not _may_go(id, caller, parts, budget) else parts.search.remove(id, budget)
    if not removed:
        raise Absent(f"There is no document {id!r}.")
    return DocumentRemoved(id=id, passages=removed)


def _may_go(id: str, caller: Caller, parts: Parts, budget: Budget) -> bool:
    """Whether the document exists for the caller; raises `Forbidden` if it is not theirs."""
    if caller.has("owner"):
        return True
    held = parts.search.held([id], budget).get(id)
    if not held or not caller.sees(held.groups):
        return False
    if not caller.changes(held):
        raise Forbidden(
            f"The document {id!r} was not loaded by you, and only an owner may remove documents of others. Ask an "
            f"owner."
        )
    return True


def given_to(source: Mapping[str, object], groups: Sequence[str] | None) -> dict[str, object]:
    """The source of a document for `groups`. With None, it gets the groups of the document that it replaces."""
    if groups is None:
        return dict(source)
    ours = source.get("osml")
    kept = dict(ours) if isinstance(ours, Mapping) else {}
    return {**source, "osml": {**kept, "access": {"groups": list(groups)}}}


def _document(given: DocumentIn, text_field: str) -> Document:
    title = {} if given.title is None else {"title": given.title}
    source = given_to({text_field: given.text, **title}, given.groups)
    places = [(place.start, place.model_dump(exclude={"start"}, exclude_none=True)) for place in given.places]
    return Document(given.id, source, given.id, given.id, places=places)
