"""The Model Context Protocol over HTTP, without sessions and streams: the response to a message contains its answer.

This replaces the protocol's SDK, whose import takes several times as long as the start of a function
(docs/decisions/0036). Until the revision 2025-11-25 an agent begins with a handshake; since 2026-07-28 each request
contains what the handshake said. Source: the specification, https://modelcontextprotocol.io/specification.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.request import parsed
from offered_tool import OfferedTool

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS = ("2026-07-28",)
_META = "io.modelcontextprotocol/"
_VERSION, _CAPABILITIES, _SERVER = f"{_META}protocolVersion", f"{_META}clientCapabilities", f"{_META}serverInfo"
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
# An answer to a request after a handshake has the status 200, also if it is an error.
_STATUS = {METHOD_NOT_FOUND: 404}
_REFUSED = 400


@dataclass(frozen=True)
class HttpResponse:
    """A response; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class Refused(Exception):
    """A message that the protocol does not allow; `code` is its JSON-RPC error code."""

    def __init__(self, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, **more}


class ToolServer:
    """The `tools` under the `name` of a server. `explained` returns the sentence for an error of a tool."""

    def __init__(
        self,
        name: str,
        version: str,
        instructions: str,
        tools: Sequence[OfferedTool],
        explained: Callable[[Exception], str],
    ) -> None:
        self._about = {"capabilities": {"tools": {"listChanged": False}}, "instructions": instructions}
        self._server = {"name": name, "version": version}
        self._tools = {tool.name: tool for tool in tools}
        self._explained = explained

    def answered(self, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """The response to a POST request; names of `headers` are in lower case."""
        version = headers.get("mcp-protocol-version")
        handshake = version is None or version in HANDSHAKE
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": None}
        try:
            message = _message(body)
            if "method" not in message and not handshake:
                raise Refused(INVALID_REQUEST, "A client sends no responses in this revision of the protocol")
            if "method" not in message or "id" not in message:
                # A notification, or a response to a request that was never sent: there is nothing to do.
                return HttpResponse(202)
            answer["id"] = message["id"]
            method, params = message["method"], message.get("params") or {}
            if handshake:
                result = self._after_handshake(method, params)
            else:
                _check(headers, method, params)
                result = {**self._alone(method, params), "resultType": "complete", "_meta": {_SERVER: self._server}}
        except Refused as refused:
            code, known = refused.error["code"], answer["id"] is not None
            status = 200 if handshake and known else _STATUS.get(code, _REFUSED)
            return _response(status, {**answer, "error": refused.error})
        return _response(200, {**answer, "result": result})

    def _after_handshake(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if method == "initialize":
            wanted = params.get("protocolVersion")
            kinds = {"protocolVersion": str, "capabilities": dict, "clientInfo": dict}
            if not all(isinstance(params.get(name), kind) for name, kind in kinds.items()):
                raise Refused(INVALID_PARAMS, f"The params must contain {', '.join(kinds)}")
            version = wanted if wanted in HANDSHAKE else HANDSHAKE[-1]
            return {"protocolVersion": version, "serverInfo": self._server, **self._about}
        return {} if method == "ping" else self._of_tools(method, params)

    def _alone(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        # A list depends on the settings of the environment, and no agent needs to keep it.
        uncached = {"ttlMs": 0, "cacheScope": "private"}
        if method == "server/discover":
            return {"supportedVersions": STATELESS, **self._about, **uncached}
        return {**self._of_tools(method, params), **(uncached if method == "tools/list" else {})}

    def _of_tools(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if method == "tools/list":
            return {"tools": [tool.described for tool in self._tools.values()]}
        if method == "tools/call":
            return self._called(params)
        raise Refused(METHOD_NOT_FOUND, "Method not found", data=method)

    def _called(self, params: Mapping[str, Any]) -> dict[str, Any]:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or not isinstance(arguments, dict | None):
            raise Refused(INVALID_PARAMS, "The params must contain name, a text, and may contain arguments, an object")
        if name not in self._tools:
            return {"content": _texts(f"Unknown tool: {name}"), "isError": True}
        try:
            result = self._tools[name].called(arguments or {})
        except Exception as error:  # noqa: BLE001 - whatever it is, the agent gets a sentence
            return {"content": _texts(self._explained(error)), "isError": True}
        text = json.dumps(result, indent=2, ensure_ascii=False)
        return {"content": _texts(text), "structuredContent": result, "isError": False}


def _message(body: bytes) -> dict[str, Any]:
    """The message; raises `Refused` if it is no request, notification or response of JSON-RPC."""
    try:
        message = parsed(body)
    except ValueError as error:
        raise Refused(PARSE_ERROR, f"Parse error: {error}") from None
    is_message = (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and type(message.get("id", 0)) in (int, str)
        and isinstance(message.get("method", ""), str)
        and isinstance(message.get("params"), dict | None)
        and not message.keys().isdisjoint(("method", "result", "error"))
    )
    if not is_message:
        raise Refused(INVALID_REQUEST, "The body must be a single request or notification of JSON-RPC")
    return dict(message)


def _check(headers: Mapping[str, str], method: str, params: Mapping[str, Any]) -> None:
    """Raises `Refused` unless a request without a handshake says what it needs, in its headers as in its body."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or _VERSION not in meta or _CAPABILITIES not in meta:
        raise Refused(INVALID_PARAMS, f"params._meta must be an object with {_VERSION} and {_CAPABILITIES}")
    wanted = {"mcp-protocol-version": meta[_VERSION], "mcp-method": method}
    if method == "tools/call":
        wanted["mcp-name"] = params.get("name")
    for name, value in wanted.items():
        sent = headers.get(name, "")
        if (_decoded(sent) if name == "mcp-name" else sent) != value:
            raise Refused(HEADER_MISMATCH, f"The header {name} does not match the body")
    if meta[_VERSION] not in STATELESS:
        versions = {"supported": STATELESS, "requested": meta[_VERSION]}
        raise Refused(UNSUPPORTED_VERSION, "Unsupported protocol version", data=versions)


def _decoded(value: str) -> str | None:
    """The value of a header; `=?base64?…?=` contains other characters than ASCII."""
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[9:-2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _texts(text: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text}]


def _response(status: int, answer: Mapping[str, Any]) -> HttpResponse:
    return HttpResponse(status, {}, json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
