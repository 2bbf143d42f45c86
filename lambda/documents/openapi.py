"""The API's OpenAPI document, `docs/openapi.json`.

Powertools describes the routes of `api`. This module adds the routes of the other functions, and the errors.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache, wraps
from inspect import Parameter, signature
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel

from gateway.routes import NEEDED
from other_routes import FILES, JSON, answer, paths, reference, schemas
from rag.chat_models import ChatProblem
from rag.document_models import DocumentsStored
from rag.job_models import Job
from rag.models import Health, Problem
from routing import Route

VERSION = "1.0.0"
_PARAMETER = re.compile(r"\{(\w+)\}")
DESCRIPTION = """\
Answers questions from documents, and says so when the documents do not contain the answer.

An environment has one kind of sign-in: tokens of a user pool, IAM, or an API key. Every error is one sentence."""

SECURITY: dict[str, dict[str, str]] = {
    "cognito": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The ID token of the environment's user pool.",
    },
    "iam": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4, service execute-api.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A key of the environment's usage plan.",
    },
}

BAD = {400: "The request breaks a rule: the sentence names the field, its value, and what to send instead."}
BODY = {**BAD, 413: "The body is larger than this environment allows.", 415: "The body is not sent as JSON."}
ABSENT = {404: "The document, file, job, or the caller's conversation does not exist."}
SIGNED_IN = {
    401: "Nobody is signed in, or the sign-in has expired.",
    403: "The caller is signed in, but their role and groups do not allow this.",
    429: "Too many requests from this caller or to a model: wait for the time in Retry-After.",
}
SERVER = {
    500: "The assistant failed; its log has the reason, under the request's id.",
    502: "The search engine or a model gave a response that cannot be used.",
    503: "The search engine or a model is not available: wait for the time in Retry-After.",
    504: "There was no answer in time.",
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1}}
}


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the whole REST API; `routes` are a part of it."""
    app = APIGatewayRestResolver(enable_validation=True)
    for route in routes:
        described: Any = route.described
        app.route(_PARAMETER.sub(r"<\1>", route.path), route.method, **described)(_placed(route))
    schema = app.get_openapi_schema(
        title="osml assistant", version=VERSION, openapi_version="3.1.0", description=DESCRIPTION
    )
    spec: dict[str, Any] = json.loads(schema.model_dump_json(by_alias=True, exclude_none=True))
    spec["paths"] |= paths()
    spec["components"]["schemas"] = {
        name: schema
        for name, schema in {**spec["components"]["schemas"], **schemas()}.items()
        if "ValidationError" not in name
    }
    spec["components"]["securitySchemes"] = SECURITY
    spec["security"] = [{name: []} for name in SECURITY]
    for path, method, operation in _operations(spec):
        operation["responses"].pop("422", None)
        operation["responses"] |= _errors(path, method, operation)
        _tell_role(path, method, operation)
        operation["responses"] = dict(sorted(operation["responses"].items()))
    spec["paths"]["/documents"]["post"]["responses"] |= {
        "200": answer("What became of each document.", DocumentsStored),
        "202": answer("A job, for documents that one request cannot store.", Job),
    }
    spec["paths"]["/health"]["get"]["responses"]["503"] = answer("The index cannot be searched.", Health)
    spec["paths"] = dict(sorted(spec["paths"].items()))
    return spec


def _placed(route: Route) -> Callable[..., Any]:
    """The function of the route, with Powertools' marks of parameters in the path and in the query."""

    @wraps(route.run)
    def run(**arguments: Any) -> Any:
        return route.run(**arguments)

    def placed(parameter: Parameter) -> Parameter:
        mark = Path if f"{{{parameter.name}}}" in route.path else Query
        kind: Any = parameter.annotation
        [described] = kind.__metadata__
        return parameter.replace(annotation=Annotated[kind, mark(description=described.description)])

    own = signature(route.run)
    parameters = [each if isinstance(each.annotation, type) else placed(each) for each in own.parameters.values()]
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _tell_role(path: str, method: str, operation: dict[str, Any]) -> None:
    needed = NEEDED.get(f"{method.upper()} {path}")
    if needed:
        said = operation.get("description", "")
        operation["description"] = f"{said}{' ' if said else ''}It needs the role {needed}."
        operation["x-osml-role"] = needed


def printed(document: dict[str, Any]) -> str:
    """The document as text, as in docs/openapi.json."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _errors(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    if path == "/rag" or path.removeprefix("/rag/") in FILES:
        return {"304": {"description": "As it was."}, **_problems({404: "The file is missing.", 503: SERVER[503]})}
    if path == "/rag/session":
        return _problems({**BODY, 401: SIGNED_IN[401], 404: "This environment has no sign-in page.", **SERVER})
    errors = {**SIGNED_IN, **SERVER}
    if "requestBody" in operation:
        errors |= BODY
    elif operation.get("parameters"):
        errors |= BAD
    if path.startswith("/v1/"):
        return _problems({**errors, **ABSENT}, ChatProblem)
    if (
        path in ("/ask", "/jobs/{id}", "/passages", "/originals")
        or path.startswith(("/conversations", "/feedback", "/prompts", "/shares"))
        or method == "delete"
    ):
        errors |= ABSENT
    return _problems(errors)


def _problems(errors: dict[int, str], *forms: type[BaseModel]) -> dict[str, Any]:
    """The responses for errors in one of the `forms`. API Gateway's own errors always have the form `Problem`."""
    every: tuple[type[BaseModel], ...] = (Problem, *forms)
    shapes = [reference(form) for form in every]
    schema = {"anyOf": shapes} if forms else shapes[0]
    described = {
        str(status): {"description": words, "content": {JSON: {"schema": schema}}} for status, words in errors.items()
    }
    for status in {"429", "503"} & set(described):
        described[status]["headers"] = RETRY_AFTER
    return described
