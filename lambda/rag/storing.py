"""Stores documents of the index as passages."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from calls.count_of import count_of
from corpus.chunks import chunks
from corpus.document import Document
from corpus.fields import with_access
from rag.budget import Budget
from rag.caller import Caller, Held, access_in, groups_in
from rag.document_models import DocumentResult, DocumentsStored
from rag.document_results import counted, failed, result, retry
from rag.failures import Forbidden, Invalid, RagFailure, Starting, Throttled, Unavailable
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.search import Passage, Replaced
from rag.upload_models import DocumentIn
from settings.runtime_settings import RuntimeSettings


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
        raise Invalid(
            f"The request has {count_of(len(documents), 'document')}. Send at most {limits.documents} at once."
        )
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

    A document fails if the caller may not replace the stored one, or another one that has the id of a new passage, or
    gives it to a group that they are not in. Then the stored one stays as it is. A document without groups gets those
    of the one that it replaces.
    """
    held = parts.search.held([document.id for document in documents], budget)
    reasons = {document.id: _refusal(document, held.get(document.id), caller) for document in documents}
    owned = [_owned(document, held.get(document.id), caller) for document in documents if not reasons[document.id]]
    split = {document.id: passages(document, parts.settings) for document in owned}
    for id, why in _taken(split, budget, parts, caller).items():
        reasons[id] = why
        del split[id]
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


def _taken(split: Mapping[str, Sequence[Passage]], budget: Budget, parts: Parts, caller: Caller) -> dict[str, str]:
    """Why documents cannot be stored whose passages would take the ids of passages that the caller may not replace."""
    if caller.has("owner"):
        return {}
    others = parts.search.taken([passage for passages in split.values() for passage in passages], budget)
    return {
        id: f"A passage of the document {id!r} would have the id of another document, which you did not load. Give "
        "your document another id, or ask an owner to store it."
        for id, held in others.items()
        if not caller.changes(held)
    }


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
