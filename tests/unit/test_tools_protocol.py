"""The protocol of the tools, compared with that of the SDK. `tests/clients` has the official tests of the protocol."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.functions import INSTRUCTIONS, tools
from offered_tool import OfferedTool
from protocol import HttpResponse, ToolServer
from rag.document_models import DocumentList, DocumentListed, DocumentShown, PassageShown
from rag.models import Answer, Source
from rag.search import Page
from tests.unit.sdk_server import exchanged, sdk_server

pytestmark = pytest.mark.thorough

REVISION = "2026-07-28"
ABOUT = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientInfo": {"name": "unit", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
LISTED = {"name": "list_documents", "arguments": {}}


class Library:
    """Two documents; everything else is missing."""

    def search(self, question: str, size: int, filters: Any) -> list[Source]:
        assert (question, size) == ("Größe?", 3)
        assert filters in ({}, {"title": ["a", "b"]})
        return []

    def ask(self, *_: Any) -> Answer:
        raise LookupError("sk-secret")

    def listed(self, page: Page) -> DocumentList:
        return DocumentList(documents=[DocumentListed(id="ä", passages=1)][: page.size], after=page.after)

    def shown(self, id: str) -> DocumentShown:
        return DocumentShown(id=id, title="T", passages=[PassageShown(id=id, text="“…”\n")])


def message(method: str, params: Any = None, id: Any = 1, **more: Any) -> dict[str, Any]:
    given = {"id": id, "params": params, **more}
    return {"jsonrpc": "2.0", "method": method, **{name: value for name, value in given.items() if value is not None}}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return message("tools/call", {"name": name, "arguments": arguments})


def greeting(revision: str) -> dict[str, Any]:
    about = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "unit", "version": "1"}}
    return message("initialize", about)


HANDSHAKES = [
    greeting(revision) for revision in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", REVISION, "x")
]
REQUESTS = [
    *(message("ping"), message("ping", id="a"), message("ping", {}), message("tools/list"), message("nothing")),
    *(message("notifications/initialized", id=None), message("notifications/cancelled", {"requestId": 1}, id=None)),
    *(message("logging/setLevel", {"level": "info"}), message("initialize", {}), message("server/discover")),
    *(call("search", question="Größe?", size=3), call("search", question="Größe?", size="3")),
    *(call("search", question="Größe?", size=3, filters={"title": ["a", "b"]}),),
    *(call("search", question="Größe?", size=3, filters='{"title": ["a", "b"]}'), call("search"), call("nothing")),
    *(call("search", question="?", size=0), call("search", question="?", size=51), call("ask", question="?")),
    *(call("list_documents"), call("list_documents", size=1, after="c", more=1), call("get_document", id="b")),
    *(message("tools/call", {"name": "list_documents"}), message("tools/call", {"arguments": {}})),
    *(message("tools/call", {"name": "search", "arguments": []}), message("tools/call", {"name": 1})),
]
# Each with the headers that contradict or do not contradict it.
ALONE = [
    *((message(method), {}) for method in ("server/discover", "tools/list", "ping", "initialize", "nothing")),
    (message("notifications/cancelled", {"requestId": 1}, id=None), {}),
    *((message("tools/call", LISTED), {"mcp-name": name}) for name in ("list_documents", "other", "")),
    *((message("tools/call", LISTED), {"mcp-name": f"=?base64?{name}?="}) for name in ("bGlzdF9kb2N1bWVudHM=", "*")),
    *((message("tools/list"), {"mcp-method": method}) for method in ("", "tools/call")),
    (message("tools/list"), {"mcp-protocol-version": "2027-01-01"}),
    (message("tools/call", {"name": "nothing", "arguments": {}}), {"mcp-name": "nothing"}),
]


def own(headers: dict[str, str], body: bytes) -> tuple[int, Any]:
    offered = [OfferedTool(run) for run in tools(Library)]
    response: HttpResponse = ToolServer("osml-dev", "1", INSTRUCTIONS, offered, lambda _: "It failed.").answered(
        headers, body
    )
    return response.status, json.loads(response.body or "null")


def of_sdk(headers: dict[str, str], body: bytes) -> tuple[int, Any]:
    status, answer = exchanged(sdk_server("osml-dev", "1", Library), {**ACCEPT, **headers}, body)
    return status, json.loads(answer or b"null")


def same(answer: Any) -> Any:
    """The answer without the words of errors, and without capabilities of the SDK that the tools do not need."""
    if answer and "error" in answer:
        return {**answer, "error": answer["error"]["code"]}
    result = answer and answer["result"]
    if not result:
        return answer
    if result.get("isError"):
        result["content"] = len(result["content"])
    for name in ("prompts", "resources"):
        result.get("capabilities", {}).pop(name, None)
    for tool in result.get("tools", []):
        tool["description"] = " ".join(tool["description"].split())
    return answer


@pytest.mark.parametrize("sent", [*HANDSHAKES, *REQUESTS], ids=str)
@pytest.mark.parametrize("revision", ["", "2025-03-26", "2025-11-25"])
def test_an_answer_after_a_handshake_is_that_of_the_sdk(sent: dict[str, Any], revision: str) -> None:
    headers, body = {"mcp-protocol-version": revision} if revision else {}, json.dumps(sent).encode()
    (status, answer), (wanted_status, wanted) = own(headers, body), of_sdk(headers, body)
    assert (status, same(answer)) == (wanted_status, same(wanted))


@pytest.mark.parametrize(("sent", "changed"), ALONE, ids=str)
def test_an_answer_without_a_handshake_is_that_of_the_sdk(sent: dict[str, Any], changed: dict[str, str]) -> None:
    sent = {**sent, "params": {**sent.get("params", {}), "_meta": ABOUT}}
    headers = {"mcp-protocol-version": REVISION, "mcp-method": sent["method"], **changed}
    headers = {name: value for name, value in headers.items() if value}
    body = json.dumps(sent).encode()
    (status, answer), (wanted_status, wanted) = own(headers, body), of_sdk(headers, body)
    assert (status, same(answer)) == (wanted_status, same(wanted))


@pytest.mark.parametrize("left_out", [*ABOUT, "_meta"])
def test_a_request_without_a_handshake_says_who_sends_it_as_with_the_sdk(left_out: str) -> None:
    about = {name: value for name, value in ABOUT.items() if name != left_out}
    sent = message("tools/list", {} if left_out == "_meta" else {"_meta": about})
    headers = {"mcp-protocol-version": REVISION, "mcp-method": "tools/list"}
    body = json.dumps(sent).encode()
    (status, answer), (wanted_status, wanted) = own(headers, body), of_sdk(headers, body)
    assert (status, same(answer)) == (wanted_status, same(wanted))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"null", b'"a"', b"{}", b'{"jsonrpc": "2.0", "id": 1}', b"[" * 100_000, b"\xff"]
)
@pytest.mark.parametrize("revision", ["2025-11-25", REVISION])
def test_what_is_no_message_is_refused_as_by_the_sdk(body: bytes, revision: str) -> None:
    headers = {"mcp-protocol-version": revision, "mcp-method": "ping"}
    status, answer = own(headers, body)
    assert (status, answer["id"]) == (400, None)
    assert answer["error"]["code"] in (-32700, -32600)
    assert of_sdk(headers, body)[0] == 400


def test_a_lone_surrogate_reaches_no_tool() -> None:
    status, answer = own({}, b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "\\ud800"}}')
    assert (status, answer["result"]["content"][0]["text"]) == (200, "Unknown tool: \ufffd")
