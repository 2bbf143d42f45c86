"""The routes about documents, their passages and files, and the jobs of uploads."""

from functools import cache
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

from pydantic import Field

import current
from rag import documents
from rag.budget import Budget
from rag.document_models import DocumentList, DocumentRemoved, DocumentShown, DocumentsStored, OriginalLink
from rag.document_results import counted
from rag.failures import Absent
from rag.job_models import Job
from rag.own_settings import settings
from rag.parts import parts
from rag.search import Order
from rag.search import Page as SomeDocuments
from rag.upload_models import JOB_ID, DocumentsIn
from routing import Router

if TYPE_CHECKING:
    from rag.job_state import State
    from rag.jobs import Jobs

LISTED = 50
# The most characters of text that one request stores; larger requests become a job.
AT_ONCE = 200_000

router = Router()


@router.route(
    "POST /documents",
    operation_id="storeDocuments",
    summary="Store documents",
    response_description="What became of each document.",
)
def store(body: DocumentsIn) -> DocumentsStored | Job:
    """Stores each document in place of its predecessor; what becomes of one does not depend on the others.

    What is more than one request stores becomes a job.
    """
    # Imported here, because it splits texts into passages.
    from rag import storing

    who = current.caller()
    if body.part:
        storing.refuse_strange(body.part.groups, who)
        return _accepted(jobs().take(body.part, who))
    if body.file:
        # Imported here, because it imports all readers of files.
        from rag import files

        storing.refuse_strange(body.file.groups, who)
        stored = files.store(body.file, current.seconds(), parts(), who, current.originals())
        if stored.ended:
            return counted(stored.results)
        return _accepted(jobs().go_on(body.file, stored, who))
    given = body.documents or []
    if sum(len(document.text) for document in given) > AT_ONCE:
        storing.refuse_doubled(given)
        return _accepted(jobs().documents(given, who))
    return storing.store(given, current.seconds(), who)


@router.route(
    "GET /jobs/{id}",
    operation_id="seeJob",
    summary="See how far an upload is",
    response_description="The job, with the results so far.",
)
def job(id: Annotated[str, Field(description="The job's id.", pattern=JOB_ID)]) -> Job:
    """Tells how far the job of an upload is."""
    return jobs().state(id, current.caller()).as_job


@router.route(
    "GET /documents",
    operation_id="listDocuments",
    summary="List documents",
    response_description="One page of the documents.",
)
def listed(
    limit: Annotated[int, Field(ge=1, le=documents.MOST_LISTED, description="How many at most.")] = LISTED,
    after: Annotated[str | None, Field(description="The cursor from the previous page.")] = None,
    search: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Only documents whose id contains this text, or whose title contains these words.",
        ),
    ] = None,
    order: Annotated[
        Order, Field(description="The order: by id, ascending or descending, or by the time of the last load.")
    ] = "asc",
) -> DocumentList:
    """Lists the documents of the index, page by page."""
    return documents.listed(SomeDocuments(limit, after, search, order), current.seconds(), current.caller())


@router.route(
    "GET /passages",
    operation_id="showDocument",
    summary="Show a document",
    response_description="The document's passages, in text order.",
)
def shown(document: Annotated[str, Field(description="The document's id.")]) -> DocumentShown:
    """Shows what the index holds of a document."""
    return documents.shown(document, current.seconds(), current.caller())


@router.route(
    "GET /originals",
    operation_id="openOriginal",
    summary="Open the file of a document",
    response_description="A link to the file.",
)
def original(document: Annotated[str, Field(description="The document's id.")]) -> OriginalLink:
    """Signs a link to the file of a document as it was uploaded, where the environment keeps it."""
    kept = current.originals()
    if kept is None:
        raise Absent("This environment keeps no originals, because assistant.originals is not set.")
    return kept.link(document, current.seconds(), current.caller(), parts())


@router.route(
    "DELETE /documents",
    operation_id="removeDocument",
    summary="Remove a document",
    response_description="The document is removed.",
)
def delete(id: Annotated[str, Field(description="The document's id.")]) -> DocumentRemoved:
    """Removes a document with all its passages, and its file if that is kept."""
    removed, kept = documents.delete(id, current.seconds(), current.caller()), current.originals()
    if kept:
        kept.remove(id, Budget(current.seconds()))
    return removed


@router.route(
    "DELETE /documents/{id}",
    operation_id="removeDocumentByPath",
    summary="Remove a document by an id in the path",
    response_description="The document is removed.",
)
def delete_by_path(id: Annotated[str, Field(description="The document's id, percent-encoded.")]) -> DocumentRemoved:
    """Removes a document with all its passages; one whose id holds a slash, or dots alone, is named by `?id=`."""
    # REST APIs of API Gateway pass the path on as it was sent, percent-encoded.
    return delete(unquote(id))


def _accepted(state: "State") -> Job:
    current.answered_with(202)
    return state.as_job


@cache
def jobs() -> "Jobs":
    from rag.jobs import Jobs

    return Jobs(str(settings().uploads))
