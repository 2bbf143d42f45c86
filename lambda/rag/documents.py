"""Documents of the index: this module lists, shows and removes them; `storing.py` stores them."""

from corpus.document import id_fault
from rag.budget import Budget
from rag.caller import Caller
from rag.document_models import DocumentList, DocumentRemoved, DocumentShown, PassageShown
from rag.failures import Absent, Forbidden, Invalid
from rag.models import place_in
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.search import Page

MOST_LISTED = 100


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
