"""Documents, conversations, health and the API's own description: an ordinary proxy function of API Gateway.

The routes of a module in `ROUTERS` are imported with the first request for one of them, because a cold start serves
only one request.
"""

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

import current
from aws.tracing import subsegment
from gateway import origins, telemetry
from gateway.caller import caller, digest
from gateway.mistake import mistake
from gateway.request import json_body, request_id
from gateway.routes import admit
from rag import health as index
from rag.budget import Budget
from rag.caller import Caller
from rag.caller_models import Me, QuotaUsed
from rag.failures import Absent, Invalid
from rag.models import Health, Problem
from rag.own_settings import settings

JSON = "application/json"
HEADERS = {"Cache-Control": ["no-store"], "X-Content-Type-Options": ["nosniff"]}
# The modules with routes, by the first part of the routes' paths.
ROUTERS = {
    **dict.fromkeys(("documents", "jobs", "passages", "originals"), "stored_documents"),
    **{name: name for name in ("conversations", "feedback", "prompts", "shares")},
}

app = APIGatewayRestResolver(enable_validation=True)


@subsegment("## handler")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point: an API Gateway proxy event in, its proxy response out; or messages of its queue.

    A direct call of the function needs `httpMethod` and `path`, and for a body `headers` and `body`.
    """
    if "Records" in event:
        from worker import worked

        return worked(event, context)
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    try:
        telemetry.belongs_to(settings().environment)
        direct = {"buffered": not event.get("requestContext")}
        who = caller({**direct, **event}, context.invoked_function_arn, settings().access)
        telemetry.logger.thread_safe_append_keys(caller=digest(who.id))
        if event["httpMethod"] in ("PATCH", "POST", "PUT"):
            # powertools also accepts forms, bodies that are too large, and bodies that are not JSON.
            json_body(event, settings().limits.body_bytes)
        _include(ROUTERS.get(event["path"].removeprefix("/").partition("/")[0]))
        app.append_context(who=who)  # type: ignore[no-untyped-call] # of powertools 3.37
        response = app.resolve({"headers": {}, "requestContext": {}, **event}, context)
        named = f"{event['httpMethod']} {event.get('resource', '')}"
        telemetry.logger.info("Done.", extra={"route": named, "status": response["statusCode"]})
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        response = _problem(error, identifier)
    telemetry.end()
    cors = {name: [value] for name, value in origins.allowed(event).items()}
    return {**response, "multiValueHeaders": {**response["multiValueHeaders"], **HEADERS, **cors}}


@app.get("/me", operation_id="me", summary="See what one may do", response_description="Role and groups.")
def me() -> Me:
    """Tells the caller's own role and groups, and what they have used of their quota."""
    from rag import history, rating, sharing

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
    summary="Check whether questions can be answered",
    response_description="The index can be searched.",
)
def health() -> Response[Health]:
    """Looks at the index; 503 where it cannot be searched."""
    state = index.health(_seconds())
    return Response(status_code=200 if state.status == "ok" else 503, content_type=JSON, body=state)


@app.get("/openapi.json", operation_id="openapi", summary="Describe the API", response_description="This document.")
def described() -> dict[str, Any]:
    """Returns the API's OpenAPI document."""
    from openapi import document

    return document(whole())


def whole() -> APIGatewayRestResolver:
    """The app with all its routes."""
    for module in ROUTERS.values():
        _include(module)
    return app


@cache
def _include(module: str | None) -> None:
    if module:
        app.include_router(import_module(module).router)


def route(of_app: Route) -> str:
    """The name of one of the app's routes in the table of roles."""
    path = of_app.path.replace("<", "{").replace(">", "}")
    return f"{of_app.method} {path}"


@app.not_found
def _nowhere(_: NotFoundError) -> NoReturn:
    raise Absent("There is nothing at this address; GET /openapi.json lists the routes.")


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator] # of powertools 3.37
def _wrong(error: RequestValidationError) -> NoReturn:
    # Requests are validated before any other middleware. A caller who may not use the route must not learn its form.
    _admit()
    raise Invalid(mistake(_within(error.errors())))


def _admitted(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Pass on a request if the role of its caller is enough for its route; raises `Forbidden` or `Absent`."""
    _admit()
    return next_middleware(app)


app.use(middlewares=[_admitted])


def _admit() -> None:
    admit(_who(), route(app.context["_route"]))


def _who() -> Caller:
    return current.caller(app)


def _quota(who: Caller) -> QuotaUsed | None:
    if settings().quota is None:
        return None
    from rag.quota import own_quota

    quota = own_quota()
    return quota.standing(who, Budget(_seconds())) if quota else None


def _within(errors: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The errors without the first part of their paths, which is `body`, `query` or `path`."""
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
    from openapi import document, printed

    sys.stdout.write(printed(document(whole())))
