"""The results of storing documents, one for each."""

from collections.abc import Sequence

from corpus.document import Document
from corpus.report import Retry
from rag.caller import access_in
from rag.document_models import DocumentResult, DocumentsStored
from rag.failures import RagFailure, Starting, Throttled, TimedOut, Unavailable
from rag.search import Passage, Replaced

OLDER = "It is stored, but passages of the previous version may still be found; store it again to remove them."


def counted(results: list[DocumentResult]) -> DocumentsStored:
    """The results with their counts."""
    stored = sum(result.status == "stored" for result in results)
    return DocumentsStored(documents=results, stored=stored, failed=len(results) - stored)


def failed(id: str, message: str, again: Retry = "never") -> DocumentResult:
    """The result of a document that could not be stored, or an entry that could not be read."""
    return DocumentResult(id=id, status="failed", passages=0, message=message, retry=again)


def retry(failure: RagFailure) -> Retry:
    """Whether another attempt may store the same document."""
    return "later" if isinstance(failure, Starting | Throttled | Unavailable | TimedOut) else "never"


def result(document: Document, of_one: Sequence[Passage], replaced: Replaced) -> DocumentResult:
    """The result of a document with the passages `of_one`, which the search has replaced as `replaced` says."""
    why = [replaced.failed[chunk.id] for chunk in of_one if chunk.id in replaced.failed]
    title = document.source.get("title")
    if not why:
        more = OLDER if document.id in replaced.surplus else None
        masked = sum(passage.masked for passage in of_one)
        return DocumentResult(
            id=document.id,
            title=title,
            status="stored",
            passages=len(of_one),
            masked=masked,
            original=access_in(document.source).get("original"),
            message=more,
        )
    reason = next((failure for failure in why if retry(failure) == "never"), why[0])
    held = replaced.partial.get(document.id, 0)
    if held:
        message = (
            f"The document has {held} of {len(of_one)} new passages, and passages of its previous version. "
            f"{reason.message} Store the document again, or remove it."
        )
        return DocumentResult(
            id=document.id, title=title, status="partial", passages=held, message=message, retry=retry(reason)
        )
    share = "" if len(of_one) == 1 else f"{len(why)} of {len(of_one)} passages could not be stored, so none is stored. "
    return failed(document.id, f"{share}{reason.message}", retry(reason))
