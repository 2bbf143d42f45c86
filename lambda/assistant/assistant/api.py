"""Documents, health and the API's own description: an ordinary proxy function behind API Gateway."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NoReturn
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from assistant import documents, openapi, origins, telemetry
from assistant import health as index
from assistant.caller import digest, named
from assistant.failures import Absent, Invalid
from assistant.mistake import mistake
from assistant.models import DocumentList, DocumentRemoved, DocumentsIn, DocumentsStored, Health, Problem
from assistant.own_settings import settings
from assistant.request import json_body, request_id

JSON = "application/json"
HEADERS = {"Cache-Control": ["no-store"], "X-Content-Type-Options": ["nosniff"]}
LISTED = 50
# Seconds kept back from the function's time, for saying that it was not enough.
MARGIN = 1.0

app = APIGatewayRestResolver(enable_validation=True)


@telemetry.tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point: an API Gateway proxy event in, its proxy response out.

    A direct call of the function needs `httpMethod` and `path`, and for a body `headers` and `body`.
    """
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    try:
        telemetry.belongs_to(settings().environment)
        telemetry.logger.thread_safe_append_keys(caller=digest(named(event)))
        if event["httpMethod"] == "POST":
            # powertools takes forms, and JSON that is too large or none at all.
            json_body(event, settings().limits.body_bytes)
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
def store(body: DocumentsIn) -> DocumentsStored:
    """Stores each document in place of its predecessor; what becomes of one does not depend on the others."""
    return documents.store(body.documents, _seconds())


@app.get(
    "/documents",
    operation_id="listDocuments",
    summary="List documents",
    response_description="One page of the documents, by id.",
)
def listed(
    limit: Annotated[int, Query(ge=1, le=documents.MOST_LISTED, description="How many at most.")] = LISTED,
    after: Annotated[str | None, Query(description="The cursor that came with the page before.")] = None,
) -> DocumentList:
    """Lists the documents of the index by id, page by page."""
    return documents.listed(limit, after, _seconds())


@app.delete(
    "/documents/<id>",
    operation_id="removeDocument",
    summary="Remove a document",
    response_description="The document is removed.",
)
def delete(id: Annotated[str, Path(description="The document's id, percent-encoded.")]) -> DocumentRemoved:
    """Removes a document with all its passages."""
    # REST APIs hand the path on as it was sent, percent-encoded.
    return documents.delete(unquote(id), _seconds())


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
    raise Invalid(mistake(_within(error.errors())))


def _within(errors: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The errors without the part of the request (`body`, `query`, `path`) that their paths begin with."""
    return [{**error, "loc": error["loc"][1:]} for error in errors]


def _seconds() -> float:
    return max(app.lambda_context.get_remaining_time_in_millis() / 1000 - MARGIN, MARGIN)


def _problem(error: Exception, identifier: str) -> dict[str, Any]:
    failure = telemetry.failed(error)
    again = {"Retry-After": [str(failure.retry_after)]} if failure.retry_after else {}
    return {
        "statusCode": failure.status,
        "multiValueHeaders": {"Content-Type": [JSON], **again},
        "body": Problem(message=failure.message, request_id=identifier).model_dump_json(),
        "isBase64Encoded": False,
    }
