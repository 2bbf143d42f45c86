"""The API's OpenAPI document, `docs/openapi.json`.

The routes of `api` describe themselves. What the other two functions and the gateway answer is added here.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.routes import NEEDED
from gateway.sse import MEDIA_TYPE, Failed
from rag.chat_models import ChatProblem, ChatRequest
from rag.document_models import DocumentsStored
from rag.job_models import Job
from rag.models import Answer, Health, Problem, Question

JSON = "application/json"
VERSION = "1.0.0"
DESCRIPTION = """\
Answers questions from documents, and says so when the documents do not hold the answer.

An environment has one way to sign in: the tokens of a user pool, IAM, or an API key. Every error is one sentence."""

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

BAD = {400: "The request breaks a rule: the sentence names the field, what it is, and what to give instead."}
BODY = {**BAD, 413: "The body is larger than this environment takes.", 415: "The body is not sent as JSON."}
ABSENT = {404: "There is no such document, file or job, or no such conversation of this caller."}
SIGNED_IN = {
    401: "Nobody is signed in, or the sign-in has expired.",
    403: "The caller is known, and has no role or group that may do this.",
    429: "Too many requests, of this caller or for a model: wait as long as Retry-After says.",
}
SERVER = {
    500: "The assistant failed; its log says why, under the request's id.",
    502: "The search engine or a model answered with something that cannot be used.",
    503: "The search engine or a model is not available: wait as long as Retry-After says.",
    504: "There was no answer in time.",
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1}}
}

STREAM = """\
The answer as it is made, in Server-Sent Events: `stage` (`{"stage": "searching" | "answering"}`), `step` (a
SearchStep) for each search that the answer model asked for, `sources` (`{"sources": [Source]}`) as soon as they are
known, `text` (`{"text": …}`) for each piece of the answer, and last `answer` (an Answer) or `failed` (a Failed). A
comment, `: waiting`, comes at least every 10 seconds."""
STREAM_EXAMPLE = """\
event: stage
data: {"stage": "searching"}

event: text
data: {"text": "In 2023 "}

"""


@cache
def document(app: APIGatewayRestResolver) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the whole REST API, of which `app` routes a part."""
    described = app.get_openapi_schema(
        title="osml assistant", version=VERSION, openapi_version="3.1.0", description=DESCRIPTION
    )
    spec: dict[str, Any] = json.loads(described.model_dump_json(by_alias=True, exclude_none=True))
    spec["paths"] |= {"/ask": {"post": _ask()}, **_of_openai(), **_page()}
    spec["components"]["schemas"] = {
        name: schema
        for name, schema in {**spec["components"]["schemas"], **_schemas()}.items()
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
        "200": _answer("What became of each document.", DocumentsStored),
        "202": _answer("A job, which stores what one request does not.", Job),
    }
    spec["paths"]["/health"]["get"]["responses"]["503"] = _answer("The index cannot be searched.", Health)
    spec["paths"] = dict(sorted(spec["paths"].items()))
    return spec


def route(of_app: Route) -> str:
    """The name of one of the app's routes in the table of roles."""
    path = of_app.path.replace("<", "{").replace(">", "}")
    return f"{of_app.method} {path}"


def _tell_role(path: str, method: str, operation: dict[str, Any]) -> None:
    needed = NEEDED.get(f"{method.upper()} {path}")
    if needed:
        said = operation.get("description", "")
        operation["description"] = f"{said}{' ' if said else ''}It needs the role {needed}."
        operation["x-osml-role"] = needed


def printed(document: dict[str, Any]) -> str:
    """The document as docs/openapi.json holds it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _ask() -> dict[str, Any]:
    stream = {"schema": {"type": "string", "description": STREAM}, "example": STREAM_EXAMPLE}
    answered = _answer("The answer, in one piece or as it is made, as `Accept` wishes.", Answer)
    answered["content"][MEDIA_TYPE] = stream
    return {
        "summary": "Ask a question",
        "operationId": "ask",
        "description": "A stream that has begun has status 200; what goes wrong later is its last event, `failed`.",
        "requestBody": {"required": True, "content": {JSON: {"schema": _reference(Question)}}},
        "responses": {"200": answered},
    }


def _of_openai() -> dict[str, Any]:
    """What clients of OpenAI's API call; the answers have more members than those named here."""
    said = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "object": {"type": "string"},
            "created": {"type": "integer"},
            "model": {"type": "string"},
            "choices": {"type": "array", "items": {"type": "object"}},
            "osml": _reference(Answer),
        },
        "required": ["id", "object", "created", "model", "choices"],
    }
    chunks = {"schema": {"type": "string", "description": "Chunks, as OpenAI streams them; the last is [DONE]."}}
    listed = {
        "type": "object",
        "properties": {"object": {"type": "string"}, "data": {"type": "array", "items": {"type": "object"}}},
    }
    return {
        "/v1/chat/completions": {
            "post": {
                "summary": "Ask a question, for OpenAI's clients",
                "operationId": "complete",
                "description": "The last message is the question, those before it are the conversation, which is not "
                "stored. Sources are annotations of the answer, and whole in `osml`. An error has OpenAI's form.",
                "requestBody": {"required": True, "content": {JSON: {"schema": _reference(ChatRequest)}}},
                "responses": {
                    "200": {"description": "The answer.", "content": {JSON: {"schema": said}, MEDIA_TYPE: chunks}}
                },
            }
        },
        "/v1/models": {
            "get": {
                "summary": "List the models, for OpenAI's clients",
                "operationId": "models",
                "responses": {
                    "200": {
                        "description": "The models: `osml` is the usual one, the others are chosen by their names.",
                        "content": {JSON: {"schema": listed}},
                    }
                },
            }
        },
    }


def _page() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    html = {"description": "The page.", "content": {"text/html": text}}
    file = {"description": "The file.", "content": {"*/*": text, JSON: {"schema": {"type": "object"}}}}
    name = {"name": "file", "in": "path", "required": True, "schema": {"type": "string"}}
    session = {
        "type": "object",
        "properties": {key: {"type": "string"} for key in ("code", "verifier", "refresh_token")},
        "oneOf": [{"required": ["code", "verifier"]}, {"required": ["refresh_token"]}],
        "additionalProperties": False,
    }
    tokens = {
        "type": "object",
        "properties": {
            "id_token": {"type": "string"},
            "refresh_token": {"type": "string"},
            "expires_in": {"type": "integer", "description": "Seconds."},
        },
        "required": ["id_token", "expires_in"],
    }
    return {
        "/rag": {
            "get": {
                "summary": "The page",
                "operationId": "page",
                "security": [],
                "responses": {"200": html},
            }
        },
        "/rag/{file}": {
            "get": {
                "summary": "A file of the page, or its settings (settings.json)",
                "operationId": "file",
                "security": [],
                "parameters": [name],
                "responses": {"200": file},
            }
        },
        "/rag/session": {
            "post": {
                "summary": "Finish or renew a sign-in",
                "operationId": "session",
                "security": [],
                "requestBody": {"required": True, "content": {JSON: {"schema": session}}},
                "responses": {"200": {"description": "Tokens.", "content": {JSON: {"schema": tokens}}}},
            }
        },
    }


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _errors(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    if path in ("/rag", "/rag/{file}"):
        errors = {404: "There is no such file."} if path != "/rag" else {}
        return {"304": {"description": "As it was."}, **_problems({**errors, 500: SERVER[500]})}
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
    """Errors in one of the `forms`; API Gateway's own always are a Problem."""
    every: tuple[type[BaseModel], ...] = (Problem, *forms)
    shapes = [_reference(form) for form in every]
    schema = {"anyOf": shapes} if forms else shapes[0]
    described = {
        str(status): {"description": words, "content": {JSON: {"schema": schema}}} for status, words in errors.items()
    }
    for status in {"429", "503"} & set(described):
        described[status]["headers"] = RETRY_AFTER
    return described


def _answer(description: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": _reference(model)}}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas() -> dict[str, Any]:
    """Of the models that no route of the app has."""
    _, schemas = models_json_schema(
        [
            (Question, "validation"),
            (ChatRequest, "validation"),
            *((shown, "serialization") for shown in (Answer, Problem, Failed, ChatProblem)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions
