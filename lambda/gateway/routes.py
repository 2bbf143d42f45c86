"""The role that each route of the API needs, for the functions and for the description of the API."""

from collections.abc import Mapping

from rag.caller import Caller
from rag.failures import Absent, Forbidden
from settings.access import Role

ASK, COMPLETIONS, MODELS = "POST /ask", "POST /v1/chat/completions", "GET /v1/models"
TOOLS = "POST /mcp"
NEEDED: Mapping[str, Role] = {
    ASK: "reader",
    COMPLETIONS: "reader",
    MODELS: "reader",
    TOOLS: "reader",
    "GET /me": "reader",
    "GET /conversations": "reader",
    "GET /conversations/{id}": "reader",
    "PATCH /conversations/{id}": "reader",
    "DELETE /conversations/{id}": "reader",
    "GET /documents": "reader",
    "GET /passages": "reader",
    "GET /originals": "reader",
    "GET /health": "reader",
    "GET /openapi.json": "reader",
    "PUT /feedback/{id}": "reader",
    "DELETE /feedback/{id}": "reader",
    "GET /feedback": "owner",
    "GET /prompts": "owner",
    "POST /prompts": "owner",
    "POST /shares": "reader",
    "GET /shares": "reader",
    "GET /shares/{id}": "reader",
    "DELETE /shares/{id}": "reader",
    "POST /documents": "editor",
    "GET /jobs/{id}": "editor",
    "DELETE /documents": "editor",
    "DELETE /documents/{id}": "editor",
}
_WORDS: Mapping[Role, str] = {
    "reader": "ask questions and see documents",
    "editor": "load documents and remove their own",
    "owner": "see, load and remove all documents, see feedback, and change the prompt",
}


def admit(caller: Caller, route: str) -> None:
    """Raises `Forbidden` unless the caller's role is enough for the route, `Absent` for an unknown route."""
    needed = NEEDED.get(route)
    if needed is None:
        raise Absent("There is nothing at this address; GET /openapi.json lists the routes.")
    if not caller.has(needed):
        raise Forbidden(
            f"Your role here is {caller.role}, which may {_WORDS[caller.role]}. This needs the role {needed}. Ask the "
            "environment's administrator for it."
        )
