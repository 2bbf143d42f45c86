"""The function `tools`: the protocol over HTTP, its refusals, and where an agent signs its user in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

import tools
from rag import answering, documents, own_settings
from rag.caller import Caller
from rag.document_models import DocumentShown
from rag.failures import Absent
from rag.models import Question
from settings.assistant import Assistant
from tests.unit.edge_requests import REQUEST_ID, SETTINGS, Context, event
from tests.waiting import PATIENCE

# Importing the SDK of MCP takes longer than the tests.
pytestmark = pytest.mark.thorough

URL = "https://a1b2.execute-api.eu-west-1.amazonaws.com/dev"
SIGN_IN = "https://osml-dev.auth.eu-west-1.amazoncognito.com"
ADA = {"requestId": REQUEST_ID, "authorizer": {"claims": {"sub": "ada", "cognito:groups": "reader,hr"}}}
METHOD_NOT_FOUND = -32601
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    variables = {
        "ASSISTANT": json.dumps(SETTINGS),
        "TOOLS": "search get_document",
        "API_URL": URL,
        "SIGN_IN_URL": SIGN_IN,
        "SCOPE": f"{URL}/mcp/read",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    own_settings.settings.cache_clear()
    yield
    own_settings.settings.cache_clear()


def sent(
    method: str, path: str = "/mcp", body: Any = None, context: Any = None, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    request = event(method, path, body, requestContext=context or ADA)
    named = {**request["headers"], **ACCEPT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = tools.handler({**request, "resource": path, "headers": named}, Context())
    return response["statusCode"], json.loads(response["body"] or "null"), response["headers"]


def called(tool: str, **arguments: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    status, answer, _ = sent("POST", body=message)
    assert status == 200
    return answer["result"]


def test_an_agent_learns_where_to_sign_its_user_in_and_that_the_pool_takes_pkce() -> None:
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        status, resource, _ = sent("GET", path, context={"requestId": REQUEST_ID})
        assert status == 200
        assert resource["resource"] == f"{URL}/mcp"
        assert resource["authorization_servers"] == [URL]
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"):
        _, issuer, _ = sent("GET", path, context={"requestId": REQUEST_ID})
        assert issuer["issuer"] == URL
        assert issuer["authorization_endpoint"] == f"{SIGN_IN}/oauth2/authorize"
        assert issuer["code_challenge_methods_supported"] == ["S256"]


def test_without_a_pool_there_is_nothing_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGN_IN_URL", "")
    assert sent("GET", "/.well-known/openid-configuration")[0] == 405


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_are_no_sessions(method: str) -> None:
    status, _, headers = sent(method)
    assert (status, headers["allow"]) == (405, "POST")


def test_only_the_tools_of_the_setting_are_offered() -> None:
    status, answer, _ = sent("POST", body={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert status == 200
    assert [tool["name"] for tool in answer["result"]["tools"]] == ["search", "get_document"]
    assert called("ask", question="Why?")["isError"]


def test_a_header_may_have_any_characters() -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    assert sent("POST", body=body, **{"User-Agent": "Agent ☃ é", "X-☃": "\x00"})[0] == 200


def test_nobody_listens_to_news_of_tools_that_never_change() -> None:
    """A stream of notifications would occupy the function until its timeout."""
    revision = "2026-07-28"
    about = {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientInfo": {"name": "unit", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"_meta": about, "notifications": {"toolsListChanged": True}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params}
    status, answer, _ = sent("POST", body=body, mcp_protocol_version=revision, mcp_method="subscriptions/listen")
    assert (status, answer["error"]["code"]) == (404, METHOD_NOT_FOUND)


def test_a_tool_sees_what_the_person_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Question, Caller]] = []

    def passages(question: Question, caller: Caller, _: float) -> list[Any]:
        seen.append((question, caller))
        return []

    monkeypatch.setattr(answering, "passages", passages)
    result = called("search", question="How much leave?", size=7, filters={"title": "Leave"})
    assert result["structuredContent"] == {"passages": []}
    ((question, caller),) = seen
    assert (question.top_k, question.filters and question.filters.title) == (7, "Leave")
    assert (caller.id, caller.groups) == ("ada", frozenset({"reader", "hr"}))


def test_one_server_answers_each_call_with_the_view_of_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    both_are_here, callers = Barrier(2), dict[str, str]()

    def passages(question: Question, caller: Caller, _: float) -> list[Any]:
        both_are_here.wait(PATIENCE)
        callers[question.question] = caller.id
        return []

    def ask(who: str) -> None:
        context = {"requestId": REQUEST_ID, "authorizer": {"claims": {"sub": who, "cognito:groups": "reader"}}}
        message = {"name": "search", "arguments": {"question": f"What may {who} see?"}}
        sent("POST", body={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": message}, context=context)

    monkeypatch.setattr(answering, "passages", passages)
    sent("POST", body={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    made = tools.offered.cache_info().misses
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, ["ada", "bob"]))
    assert callers == {"What may ada see?": "ada", "What may bob see?": "bob"}
    assert tools.offered.cache_info().misses == made


def test_an_error_is_a_sentence_with_its_cause_and_a_bug_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = called("search", question="Why?", filters={"color": "red"})
    assert result["isError"]
    assert "`filters.color` is not a field of this request" in result["content"][0]["text"]

    def absent(id: str, *_: Any) -> DocumentShown:
        raise Absent(f"There is no document {id!r}.") if id == "a" else KeyError("sk-secret")

    monkeypatch.setattr(documents, "shown", absent)
    assert "There is no document 'a'. (cause: not-found)" in called("get_document", id="a")["content"][0]["text"]
    bug = called("get_document", id="b")["content"][0]["text"]
    assert "The assistant failed." in bug
    assert "secret" not in bug


def test_somebody_without_a_role_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT", json.dumps({**SETTINGS, "access": {"others": "nobody"}}))
    own_settings.settings.cache_clear()
    stranger = {"requestId": REQUEST_ID, "authorizer": {"claims": {"sub": "eve"}}}
    status, problem, _ = sent("POST", body={"jsonrpc": "2.0", "id": 1, "method": "ping"}, context=stranger)
    assert (status, problem["cause"]) == (403, "not-allowed")
    assert sent("POST", body={}, context={"requestId": REQUEST_ID})[0] == 401


@pytest.mark.parametrize(
    ("assistant", "sentence"),
    [
        ({"agents": {}}, "agents.callbacks is empty"),
        ({"sign_in": "api-key", "agents": {"callbacks": ["http://localhost:1/a"]}}, "agents.callbacks is for people"),
        ({"sign_in": "api-key", "agents": {"tools": ["ask", "ask"]}}, "names a tool twice"),
    ],
)
def test_settings_that_do_not_fit_are_refused(assistant: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Assistant.model_validate(assistant)
