"""The API's description of the routes that other functions answer: questions, and the page."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.sse import MEDIA_TYPE, Failed
from rag.chat_models import ChatProblem, ChatRequest
from rag.models import Answer, Problem, Question

JSON = "application/json"
# The files that the page fetches when it needs them, by their paths below `/rag`.
FILES = {
    "temml/temml.min.js": ("The library with which the page sets formulas", "formulas"),
    "temml/LICENSE.txt": ("The licence of that library", "licence"),
}

STREAM = """\
The answer while it is written, as Server-Sent Events: `stage` (`{"stage": "searching" | "answering"}`), `step` (a
SearchStep) for each search that the answer model asked for, `sources` (`{"sources": [Source]}`) as soon as they are
known, `text` (`{"text": …}`) for each piece of the answer, and last `answer` (an Answer) or `failed` (a Failed). A
comment, `: waiting`, is sent after 10 seconds without another event."""
STREAM_EXAMPLE = """\
event: stage
data: {"stage": "searching"}

event: text
data: {"text": "In 2023 "}

"""


def paths() -> dict[str, Any]:
    """The paths with their operations, without errors."""
    return {"/ask": {"post": _ask()}, **_of_openai(), **_page()}


def _ask() -> dict[str, Any]:
    stream = {"schema": {"type": "string", "description": STREAM}, "example": STREAM_EXAMPLE}
    answered = answer("The answer, in one piece or as a stream, depending on `Accept`.", Answer)
    answered["content"][MEDIA_TYPE] = stream
    return {
        "summary": "Ask a question",
        "operationId": "ask",
        "description": "A stream that has begun has status 200; a later failure is its last event, `failed`.",
        "requestBody": {"required": True, "content": {JSON: {"schema": reference(Question)}}},
        "responses": {"200": answered},
    }


def _of_openai() -> dict[str, Any]:
    """The routes for clients of OpenAI's API. The answers have more members than this description."""
    said = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "object": {"type": "string"},
            "created": {"type": "integer"},
            "model": {"type": "string"},
            "choices": {"type": "array", "items": {"type": "object"}},
            "osml": reference(Answer),
        },
        "required": ["id", "object", "created", "model", "choices"],
    }
    chunks = {"schema": {"type": "string", "description": "Chunks in OpenAI's form; the last is [DONE]."}}
    listed = {
        "type": "object",
        "properties": {"object": {"type": "string"}, "data": {"type": "array", "items": {"type": "object"}}},
    }
    return {
        "/v1/chat/completions": {
            "post": {
                "summary": "Ask a question, for OpenAI's clients",
                "operationId": "complete",
                "description": "The last message is the question. The earlier messages are the conversation, which "
                "is not stored. Sources are annotations of the answer; `osml` has them in full. An error has "
                "OpenAI's form.",
                "requestBody": {"required": True, "content": {JSON: {"schema": reference(ChatRequest)}}},
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
                        "description": "The models: `osml` is the default one; the others are chosen by their names.",
                        "content": {JSON: {"schema": listed}},
                    }
                },
            }
        },
    }


def _page() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    html = {"description": "The page.", "content": {"text/html": text}}
    file = {"description": "The file.", "content": {"*/*": text}}
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
        **{
            f"/rag/{path}": {
                "get": {"summary": summary, "operationId": id, "security": [], "responses": {"200": file}},
            }
            for path, (summary, id) in FILES.items()
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


def schemas() -> dict[str, Any]:
    """The schemas of the models that no route of the app uses."""
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


def answer(description: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": reference(model)}}}


def reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
