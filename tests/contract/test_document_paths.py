"""Every route of the API and every tool of an agent, by the functions' own handlers: none shows others' documents.

First, a member of the document's group asks: an answer that was wrongly kept would be there for the next person.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import api
import ask
import tools
from gateway.routes import NEEDED
from opensearch_ml.resources.feedback_index import FeedbackIndex
from rag import own_settings, parts
from rag.budget import Budget
from rag.conversations.shares_in_index import SharesInIndex
from rag.feedback.index import FeedbackInIndex
from rag.parts import Parts
from settings.agents import TOOLS
from settings.runtime_settings import FeedbackSettings
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import SECONDS, Shop
from tests.unit.edge_requests import REQUEST_ID, Context, event

engine_transport, models, shelf = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shelf

QUESTION = "What does the director earn?"
# The question contains neither word.
SECRET, TITLE = "930,000", "Salaries of the board"
MEMBER, OWNER = ("ada", ["editor", "hr"]), ("olga", ["owner"])
# Somebody of another group, and the member after she has left the group.
OTHERS = [("eve", ["editor", "sales"]), ("ada", ["reader"])]
ACCEPT = {"Accept": "application/json, text/event-stream"}
Person = tuple[str, list[str]]


@dataclass(frozen=True)
class Signed:
    """Requests of somebody who is signed in; each returns the body of its answer."""

    person: Person

    def __call__(
        self, method: str, route: str, body: Any = None, query: Mapping[str, str] | None = None, **more: Any
    ) -> str:
        """The body of the answer to a request; `id` replaces `{…}` in the route."""
        sub, groups = self.person
        context = {
            "requestId": REQUEST_ID,
            "path": route,
            "domainName": "api.invalid",
            "authorizer": {"claims": {"sub": sub, "cognito:groups": ",".join(groups)}},
        }
        many = {name: [value] for name, value in (query or {}).items()}
        path = re.sub(r"\{.+?\}", str(more.get("id")), route)
        request = event(method, path, body, more.get("headers"), requestContext=context, resource=route)
        request |= {"queryStringParameters": query, "multiValueQueryStringParameters": many}
        if route == "/mcp":
            return str(tools.handler(request, Context(seconds=SECONDS))["body"])
        if route == "/ask" or route.startswith("/v1"):
            reply = ask.answer(request, Context(seconds=SECONDS))  # type: ignore[arg-type]
            said = b"".join(reply.body).decode()
            if reply.after:
                reply.after()
            return said
        return str(api.handler(request, Context(seconds=SECONDS))["body"])

    def tool(self, name: str, **arguments: Any) -> str:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        return self("POST", "/mcp", call, headers=ACCEPT)


Way = Callable[[Signed, str], str]
CHAT = {"model": "osml", "messages": [{"role": "user", "content": QUESTION}]}
MINE = {"documents": [{"id": "pay", "text": "The director earns nothing."}]}

# For each route: who may see the secret through it, and the requests that ask for it. `id` is that of the member's
# conversation.
WAYS: Mapping[str, tuple[Person | None, list[Way]]] = {
    "POST /ask": (
        MEMBER,
        [
            lambda person, _: person("POST", "/ask", {"question": QUESTION}),
            lambda person, _: person("POST", "/ask", {"question": QUESTION}, headers={"Accept": "text/event-stream"}),
            lambda person, _: person("POST", "/ask", {"question": QUESTION, "filters": {"document": "pay"}}),
            lambda person, _: person("POST", "/ask", {"question": QUESTION, "filters": {"title": TITLE}}),
            lambda person, id: person("POST", "/ask", {"question": QUESTION, "conversation_id": id}),
        ],
    ),
    "POST /v1/chat/completions": (
        MEMBER,
        [
            lambda person, _: person("POST", "/v1/chat/completions", CHAT),
            lambda person, _: person("POST", "/v1/chat/completions", {**CHAT, "stream": True}),
        ],
    ),
    "GET /v1/models": (None, [lambda person, _: person("GET", "/v1/models")]),
    "POST /mcp search": (MEMBER, [lambda person, _: person.tool("search", question=QUESTION)]),
    "POST /mcp ask": (
        MEMBER,
        [
            lambda person, _: person.tool("ask", question=QUESTION),
            lambda person, id: person.tool("ask", question=QUESTION, conversation=id),
        ],
    ),
    "POST /mcp list_documents": (
        MEMBER,
        [
            lambda person, _: person.tool("list_documents"),
            lambda person, _: person.tool("list_documents", search="pay"),
        ],
    ),
    "POST /mcp get_document": (MEMBER, [lambda person, _: person.tool("get_document", id="pay")]),
    "GET /me": (None, [lambda person, _: person("GET", "/me")]),
    "GET /conversations": (None, [lambda person, _: person("GET", "/conversations")]),
    "GET /conversations/{id}": (MEMBER, [lambda person, id: person("GET", "/conversations/{id}", id=id)]),
    "PATCH /conversations/{id}": (
        None,
        [lambda person, id: person("PATCH", "/conversations/{id}", {"title": "Another"}, id=id)],
    ),
    "GET /documents": (
        MEMBER,
        [
            lambda person, _: person("GET", "/documents"),
            lambda person, _: person("GET", "/documents", query={"search": "pay"}),
            lambda person, _: person("GET", "/documents", query={"search": "Salaries"}),
            lambda person, _: person("GET", "/documents", query={"order": "newest"}),
        ],
    ),
    "GET /passages": (MEMBER, [lambda person, _: person("GET", "/passages", query={"document": "pay"})]),
    # tests/unit/test_originals.py tests that people who see a document, and nobody else, get a link to its kept file.
    "GET /originals": (None, [lambda person, _: person("GET", "/originals", query={"document": "pay"})]),
    "GET /health": (None, [lambda person, _: person("GET", "/health")]),
    "GET /openapi.json": (None, [lambda person, _: person("GET", "/openapi.json")]),
    "PUT /feedback/{id}": (None, [lambda person, id: person("PUT", "/feedback/{id}", {"rating": "up"}, id=id)]),
    "GET /feedback": (OWNER, [lambda person, _: person("GET", "/feedback")]),
    "GET /prompts": (None, [lambda person, _: person("GET", "/prompts")]),
    "POST /prompts": (None, [lambda person, _: person("POST", "/prompts", {"after": 0, "number": 0})]),
    "DELETE /feedback/{id}": (None, [lambda person, id: person("DELETE", "/feedback/{id}", id=id)]),
    "POST /shares": (None, [lambda person, id: person("POST", "/shares", {"conversation_id": id})]),
    "GET /shares": (None, [lambda person, _: person("GET", "/shares")]),
    "GET /shares/{id}": (MEMBER, [lambda person, id: person("GET", "/shares/{id}", id=_link(id))]),
    "DELETE /shares/{id}": (None, [lambda person, id: person("DELETE", "/shares/{id}", id=_link(id))]),
    "POST /documents": (None, [lambda person, _: person("POST", "/documents", MINE)]),
    "GET /jobs/{id}": (None, [lambda person, _: person("GET", "/jobs/{id}", id="0" * 32)]),
    "DELETE /documents": (None, [lambda person, _: person("DELETE", "/documents", query={"id": "pay"})]),
    "DELETE /documents/{id}": (None, [lambda person, _: person("DELETE", "/documents/{id}", id="pay")]),
    "DELETE /conversations/{id}": (None, [lambda person, id: person("DELETE", "/conversations/{id}", id=id)]),
}


def _link(id: str) -> str:
    """Make the member's link to a conversation of hers."""
    return str(json.loads(Signed(MEMBER)("POST", "/shares", {"conversation_id": id}))["id"])


@pytest.fixture(scope="module")
def conversation(shelf: Shop) -> Iterator[str]:
    """The functions on the engine, a secret of the group `hr`, and the member's rated conversation about it."""
    engine = shelf.engine
    engine.send("PUT", "/paths-feedback", FeedbackIndex.body(0), Budget(SECONDS))
    kept = FeedbackSettings(keep="texts", days=90, kind="index", name="paths-feedback")
    settings = shelf.parts.settings.model_copy(update={"feedback": kept, "sharing": 30})
    made = Parts(
        settings,
        shelf.parts.search,
        shelf.parts.generation,
        shelf.parts.conversations,
        feedback=FeedbackInIndex(engine, "paths-feedback", 90),
        shares=SharesInIndex(engine, settings.conversations.name),  # type: ignore[union-attr]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT", settings.model_dump_json(exclude_defaults=True))
        patch.setenv("TOOLS", " ".join(TOOLS))
        patch.setattr(parts, "assembled", lambda _: made)
        _forget()
        stored = shelf.store(("office", "The office of the director is on the third floor."))
        assert stored.stored == 1
        stored = shelf.store(("pay", f"The director earns {SECRET} a year.", TITLE), groups=["hr"])
        assert stored.stored == 1
        for index in (settings.index.name, settings.conversations.name):  # type: ignore[union-attr]
            engine.send("POST", f"/{index}/_refresh", None, Budget(SECONDS))
        answer = json.loads(Signed(MEMBER)("POST", "/ask", {"question": QUESTION}))
        assert SECRET in answer["answer"]
        Signed(MEMBER)("PUT", "/feedback/{id}", {"rating": "up"}, id=answer["conversation_id"])
        engine.send("POST", "/paths-feedback/_refresh", None, Budget(SECONDS))
        yield answer["conversation_id"]
        _forget()
    engine.send("DELETE", "/paths-feedback", None, Budget(SECONDS))


def _forget() -> None:
    own_settings.settings.cache_clear()
    parts.parts.cache_clear()


def test_every_route_and_every_tool_is_in_the_table() -> None:
    of_tools = {f"POST /mcp {tool}" for tool in TOOLS}
    assert set(WAYS) == (set(NEEDED) - {"POST /mcp"}) | of_tools


@pytest.mark.parametrize("route", WAYS)
def test_no_route_tells_what_is_for_others(conversation: str, route: str) -> None:
    shown_to, ways = WAYS[route]
    for way in ways:
        if shown_to:
            said = way(Signed(shown_to), conversation)
            assert SECRET in said or TITLE in said, said
        for person in OTHERS:
            if person[0] == MEMBER[0] and "{id}" in route and "/shares" not in route:
                continue  # her own conversation, as she read it then
            said = way(Signed(person), conversation)
            assert SECRET not in said, (person, said)
            assert TITLE not in said, (person, said)


def test_an_own_answer_of_before_shows_no_passage_that_is_for_others_now(conversation: str) -> None:
    said = Signed(("ada", ["reader"]))("GET", "/conversations/{id}", id=conversation)
    turn = json.loads(said)["shown"][0]
    assert SECRET in turn["answer"]
    assert turn["missing"] == 1
    assert SECRET not in json.dumps(turn["sources"])
