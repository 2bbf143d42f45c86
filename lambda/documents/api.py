"""Documents, conversations, health and the API's own description: an ordinary proxy function of API Gateway.

The routes of a module in `ROUTERS` are imported with the first request for one of them, because a cold start serves
only one request.
"""

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel

import current
from aws.tracing import subsegment
from gateway import origins, telemetry
from gateway.caller import caller, digest
from gateway.request import json_body, request_id
from gateway.routes import admit
from rag.budget import Budget
from rag.caller import Caller
from rag.caller_models import Me, QuotaUsed
from rag.failures import Absent
from rag.models import Health, Problem
from rag.own_settings import settings
from routing import Route, Router

JSON = "application/json"
HEADERS = {"Cache-Control": ["no-store"], "X-Content-Type-Options": ["nosniff"]}
# The modules with routes, by the first part of the routes' paths.
ROUTERS = {
    **dict.fromkeys(("documents", "jobs", "passages", "originals"), "stored_documents"),
    **{name: name for name in ("conversations", "feedback", "prompts", "shares")},
}

router = Router()


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
        request = current.CurrentRequest(event, context, who)
        current.REQUEST.set(request)
        body = _answer(event)
        response = _response(request.status, json.dumps(body))
        named = f"{event['httpMethod']} {event.get('resource', '')}"
        telemetry.logger.info("Done.", extra={"route": named, "status": response["statusCode"]})
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        response = _problem(error, identifier)
    telemetry.end()
    cors = {name: [value] for name, value in origins.allowed(event).items()}
    return {**response, "multiValueHeaders": {**response["multiValueHeaders"], **HEADERS, **cors}}


def _answer(event: Mapping[str, Any]) -> Any:
    """The body of the response; raises a `RagFailure`."""
    first = event["path"].removeprefix("/").partition("/")[0]
    route = next((route for route in _routes(ROUTERS.get(first)) if route.in_path(event) is not None), None)
    if route is None:
        raise Absent("There is nothing at this address; GET /openapi.json lists the routes.")
    # A caller who may not use the route must not learn the form of its requests.
    admit(current.caller(), route.name)
    body = json_body(event, settings().limits.body_bytes) if route.method in ("PATCH", "POST", "PUT") else None
    answer = route.run(**route.arguments(event, body))
    return answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer


def routes() -> list[Route]:
    """All routes of the function."""
    return [*router.routes, *(route for module in dict.fromkeys(ROUTERS.values()) for route in _routes(module))]


def _routes(module: str | None) -> list[Route]:
    own: Router = import_module(module).router if module else router
    return own.routes


@router.route("GET /me", operation_id="me", summary="See what one may do", response_description="Role and groups.")
def me() -> Me:
    """Tells the caller's own role and groups, and what they have used of their quota."""
    from rag import history, rating, sharing

    who = current.caller()
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


@router.route(
    "GET /health",
    operation_id="health",
    summary="Check whether questions can be answered",
    response_description="The index can be searched.",
)
def health() -> Health:
    """Looks at the index; 503 where it cannot be searched."""
    from rag import health as index

    state = index.health(current.seconds())
    if state.status != "ok":
        current.answered_with(503)
    return state


@router.route(
    "GET /openapi.json", operation_id="openapi", summary="Describe the API", response_description="This document."
)
def described() -> dict[str, Any]:
    """Returns the API's OpenAPI document."""
    from openapi import document

    return document(tuple(routes()))


def _quota(who: Caller) -> QuotaUsed | None:
    if settings().quota is None:
        return None
    from rag.quota import own_quota

    quota = own_quota()
    return quota.standing(who, Budget(current.seconds())) if quota else None


def _problem(error: Exception, identifier: str) -> dict[str, Any]:
    failure = telemetry.failed(error)
    problem = Problem(message=failure.message, cause=failure.cause, request_id=identifier)
    return _response(failure.status, problem.model_dump_json(), failure.retry_after)


def _response(status: int, body: str, retry_after: int | None = None) -> dict[str, Any]:
    again = {"Retry-After": [str(retry_after)]} if retry_after else {}
    return {
        "statusCode": status,
        "multiValueHeaders": {"Content-Type": [JSON], **again},
        "body": body,
        "isBase64Encoded": False,
    }


if __name__ == "__main__":
    from openapi import document, printed

    sys.stdout.write(printed(document(tuple(routes()))))
