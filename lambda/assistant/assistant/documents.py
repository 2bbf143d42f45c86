"""Documents of the index: stored as passages, listed, removed."""

from collections import Counter
from collections.abc import Sequence

from assistant.budget import Budget
from assistant.failures import Absent, Failure, Invalid
from assistant.models import DocumentIn, DocumentList, DocumentRemoved, DocumentResult, DocumentsStored
from assistant.parts import Parts
from assistant.parts import parts as own_parts
from assistant.passages import passages
from assistant.search import Passage

MOST_LISTED = 100


def store(documents: Sequence[DocumentIn], seconds: float, parts: Parts | None = None) -> DocumentsStored:
    """Store the documents within `seconds`, each in place of its predecessor; the results are in their order.

    A document that could not be stored is `failed` and says why; raises a `Failure` only when nothing was tried:
    `Invalid` for too many documents, or for two with one id.
    """
    parts = own_parts() if parts is None else parts
    limits = parts.settings.limits
    if len(documents) > limits.documents:
        raise Invalid(f"There are {len(documents)} documents; send at most {limits.documents} at once.")
    doubled = sorted(id for id, times in Counter(one.id for one in documents).items() if times > 1)
    if doubled:
        raise Invalid(f"The id {doubled[0]} stands for more than one document; give each its own.")
    split = [passages(one, limits.passage_characters) for one in documents]
    everything = [passage for of_one in split for passage in of_one]
    try:
        failed = parts.search.replace(everything, Budget(seconds))
    except Failure as failure:
        failed = {one.id: failure.message for one in everything}
    results = [_result(document.id, of_one, failed) for document, of_one in zip(documents, split, strict=True)]
    stored = sum(result.status == "stored" for result in results)
    return DocumentsStored(documents=results, stored=stored, failed=len(results) - stored)


def listed(limit: int, after: str | None, seconds: float, parts: Parts | None = None) -> DocumentList:
    """Up to `limit` documents by id, from behind the cursor `after`; raises a `Failure`."""
    parts = own_parts() if parts is None else parts
    if not 1 <= limit <= MOST_LISTED:
        raise Invalid(f"limit is {limit}; give a number from 1 to {MOST_LISTED}.")
    return parts.search.listed(limit, after, Budget(seconds))


def delete(id: str, seconds: float, parts: Parts | None = None) -> DocumentRemoved:
    """Remove a document with all its passages; raises `Absent` when there is none, or another `Failure`."""
    parts = own_parts() if parts is None else parts
    removed = parts.search.remove(id, Budget(seconds))
    if not removed:
        raise Absent(f"There is no document {id!r}.")
    return DocumentRemoved(id=id, passages=removed)


def _result(id: str, of_one: Sequence[Passage], failed: dict[str, str]) -> DocumentResult:
    why = [failed[one.id] for one in of_one if one.id in failed]
    if not why:
        return DocumentResult(id=id, status="stored", passages=len(of_one))
    share = "" if len(of_one) == 1 else f"{len(why)} of {len(of_one)} passages could not be stored. "
    return DocumentResult(id=id, status="failed", passages=0, message=f"{share}{why[0]}")
