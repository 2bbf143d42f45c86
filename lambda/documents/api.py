"""Documents, conversations, health and the API's own description: an ordinary proxy function of API Gateway."""

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, NoReturn
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

import conversations
import current
import feedback
import openapi
import prompts
import shares
from aws.tracing import subsegment
from gateway import origins, telemetry
from gateway.caller import caller, digest
from gateway.mistake import mistake
from gateway.request import json_body, request_id
from gateway.routes import admit
from rag import documents, files, history, rating, sharing
from rag import health as index
from rag.budget import Budget
from rag.caller import Caller
from rag.caller_models import Me, QuotaUsed
from rag.document_models import (
    JOB_ID,
    DocumentList,
    DocumentRemoved,
    DocumentShown,
    DocumentsIn,
    DocumentsStored,
    OriginalLink,
)
from rag.failures import Absent, Invalid
from rag.job_models import Job
from rag.jobs import Jobs, State
from rag.models import Health, Problem
from rag.own_settings import settings
from rag.parts import parts
from rag.search import Order
from rag.search import Page as SomeDocuments
from worker import worked

JSON = "application/json"
HEADERS = {"Cache-Control": ["no-store"], "X-Content-Type-Options": ["nosniff"]}
LISTED = 50
# Characters of text that one request stores; more become a job.
AT_ONCE = 200_000

app = APIGatewayRestResolver(enable_validation=True)
app.include_router(conversations.router)
app.include_router(feedback.router)
app.include_router(prompts.router)
app.include_router(shares.router)


@subsegment("## handler")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point: an API Gateway proxy event in, its proxy response out; or messages of its queue.

    A direct call of the function needs `httpMethod` and `path`, and for a body `headers` and `body`.
    """
    if "Records" in event:
        return worked(event, context)
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    try:
        telemetry.belongs_to(settings().environment)
        direct = {"buffered": not event.get("requestContext")}
        who = caller({**direct, **event}, context.invoked_function_arn, settings().access)
        telemetry.logger.thread_safe_append_keys(caller=digest(who.id))
        if event["httpMethod"] in ("PATCH", "POST", "PUT"):
            # powertools takes forms, and JSON that is too large or none at all.
            json_body(event, settings().limits.body_bytes)
        app.append_context(who=who)  # type: ignore[no-untyped-call] # of powertools 3.37
        response = app.resolve({"headers": {}, "requestContext": {}, **event}, context)
        route = f"{event['httpMethod']} {event.get('resource', '')}"
        telemetry.logger.info("Done.", extra={"route": route, "status": response["statusCode"]})
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        response = _problem(error, identifier)
    telemetry.end()
    cors = {name: [value] for name, value in origins.allowed(event).items()}
    return {**response, "multiValueHeaders": {**response["multiValueHeaders"], **HEADERS, **cors}}


@app.post(
    "/documents",
    operation_id="storeDocuments",
    summary="Store documents",
    response_description="What became of each document.",
)
def store(body: DocumentsIn) -> Response[DocumentsStored | Job]:
    """Stores each document in place of its predecessor; what becomes of one does not depend on the others.

    What is more than one request stores becomes a job.
    """
    who = _who()
    if body.part:
        documents.refuse_strange(body.part.groups, who)
        return _accepted(jobs().take(body.part, who))
    if body.file:
        documents.refuse_strange(body.file.groups, who)
        stored = files.store(body.file, _seconds(), parts(), who, current.originals())
        if stored.ended:
            return _stored(documents.counted(stored.results))
        return _accepted(jobs().go_on(body.file, stored, who))
    given = body.documents or []
    if sum(len(document.text) for document in given) > AT_ONCE:
        documents.refuse_doubled(given)
        return _accepted(jobs().documents(given, who))
    return _stored(documents.store(given, _seconds(), who))


@app.get(
    "/jobs/<id>",
    operation_id="seeJob",
    summary="See how far an upload is",
    response_description="The job, with the results so far.",
)
def job(id: Annotated[str, Path(description="The job's id.", pattern=JOB_ID)]) -> Job:
    """Tells how far the job of an upload is."""
    return jobs().state(id, _who()).as_job


@app.get(
    "/documents",
    operation_id="listDocuments",
    summary="List documents",
    response_description="One page of the documents.",
)
def listed(
    limit: Annotated[int, Query(ge=1, le=documents.MOST_LISTED, description="How many at most.")] = LISTED,
    after: Annotated[str | None, Query(description="The cursor that came with the page before.")] = None,
    search: Annotated[
        str | None, Query(max_length=200, description="Only those whose id holds this, or whose title these words.")
    ] = None,
    order: Annotated[
        Order, Query(description="By id, from the first or from the last one, or by the time of the last load.")
    ] = "asc",
) -> DocumentList:
    """Lists the documents of the index, page by page."""
    return documents.listed(SomeDocuments(limit, after, search, order), _seconds(), _who())


@app.get(
    "/passages",
    operation_id="showDocument",
    summary="Show a document",
    response_description="The document's passages, as they follow one another.",
)
def shown(document: Annotated[str, Query(description="The document's id.")]) -> DocumentShown:
    """Shows what the index holds of a document."""
    return documents.shown(document, _seconds(), _who())


@app.get(
    "/originals",
    operation_id="openOriginal",
    summary="Open the file of a document",
    response_description="A link to the file.",
)
def original(document: Annotated[str, Query(description="The document's id.")]) -> OriginalLink:
    """Signs a link to the file of a document as it was uploaded, where the environment keeps it."""
    kept = current.originals()
    if kept is None:
        raise Absent("This environment keeps no originals: the setting assistant.originals is not set.")
    return kept.link(document, _seconds(), _who(), parts())


@app.delete(
    "/documents",
    operation_id="removeDocument",
    summary="Remove a document",
    response_description="The document is removed.",
)
def delete(id: Annotated[str, Query(description="The document's id.")]) -> DocumentRemoved:
    """Removes a document with all its passages, and its file if that is kept."""
    return _removed(id)


@app.delete(
    "/documents/<id>",
    operation_id="removeDocumentByPath",
    summary="Remove a document whose id fits in a path",
    response_description="The document is removed.",
)
def delete_by_path(id: Annotated[str, Path(description="The document's id, percent-encoded.")]) -> DocumentRemoved:
    """Removes a document with all its passages; one whose id holds a slash, or dots alone, is named by `?id=`."""
    # REST APIs hand the path on as it was sent, percent-encoded.
    return _removed(unquote(id))


@app.get("/me", operation_id="me", summary="See what one may do", response_description="Role and groups.")
def me() -> Me:
    """Tells the caller's own role and groups, and what they have used of their quota."""
    who = _who()
    groups = None if who.groups is None else sorted(who.groups)
    listed, kept = history.is_listed(who, settings()), rating.kept(settings())
    return Me(
        role=who.role,
        groups=groups,
        quota=_quota(who),
        history=listed,
        feedback=kept,
        models=settings().choices,
        prompts=settings().prompts is not None,
        sharing=sharing.days(who, settings()),
    )


@app.get(
    "/health",
    operation_id="health",
    summary="See whether questions can be answered",
    response_description="The index can be searched.",
)
def health() -> Response[Health]:
    """Looks at the index; 503 where it cannot be searched."""
    state = index.health(_seconds())
    return Response(status_code=200 if state.status == "ok" else 503, content_type=JSON, body=state)


@app.get("/openapi.json", operation_id="openapi", summary="Describe the API", response_description="This document.")
def described() -> dict[str, Any]:
    """Returns the API's OpenAPI document."""
    return openapi.document(app)


@app.not_found
def _nowhere(_: NotFoundError) -> NoReturn:
    raise Absent("There is nothing at this address; GET /openapi.json says what there is.")


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator] # of powertools 3.37
def _wrong(error: RequestValidationError) -> NoReturn:
    # Requests are validated before any other middleware; whoever may not send one learns nothing of its form.
    _admit()
    raise Invalid(mistake(_within(error.errors())))


def _admitted(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Lets a request through whose caller may do what its route does."""
    _admit()
    return next_middleware(app)


app.use(middlewares=[_admitted])


def _admit() -> None:
    admit(_who(), openapi.route(app.context["_route"]))


def _who() -> Caller:
    return current.caller(app)


def _stored(outcome: DocumentsStored) -> Response[DocumentsStored | Job]:
    return Response(status_code=200, content_type=JSON, body=outcome)


def _accepted(state: State) -> Response[DocumentsStored | Job]:
    return Response(status_code=202, content_type=JSON, body=state.as_job)


def _removed(id: str) -> DocumentRemoved:
    removed, kept = documents.delete(id, _seconds(), _who()), current.originals()
    if kept:
        kept.remove(id, Budget(_seconds()))
    return removed


def _quota(who: Caller) -> QuotaUsed | None:
    if settings().quota is None:
        return None
    from rag.quota import own_quota

    quota = own_quota()
    return quota.standing(who, Budget(_seconds())) if quota else None


@cache
def jobs() -> Jobs:
    return Jobs(str(settings().uploads))


def _within(errors: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The errors without the part of the request (`body`, `query`, `path`) that their paths begin with."""
    return [{**error, "loc": error["loc"][1:]} for error in errors]


def _seconds() -> float:
    return current.seconds(app)


def _problem(error: Exception, identifier: str) -> dict[str, Any]:
    failure = telemetry.failed(error)
    again = {"Retry-After": [str(failure.retry_after)]} if failure.retry_after else {}
    return {
        "statusCode": failure.status,
        "multiValueHeaders": {"Content-Type": [JSON], **again},
        "body": Problem(message=failure.message, cause=failure.cause, request_id=identifier).model_dump_json(),
        "isBase64Encoded": False,
    }


if __name__ == "__main__":
    sys.stdout.write(openapi.printed(openapi.document(app)))
