"""The tools for agents as the SDK of the protocol serves them over HTTP, for comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from starlette.types import Message

from agents.functions import INSTRUCTIONS, DocumentView, tools

# The SDK's check of the host is for servers on a developer's machine.
ANY_HOST = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def sdk_server(name: str, version: str, view: Callable[[], DocumentView]) -> MCPServer:
    made = MCPServer(name, version=version, log_level="CRITICAL", subscriptions=False, instructions=INSTRUCTIONS)
    for run in tools(view):
        made.add_tool(run, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
    return made


def exchanged(server: MCPServer, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of the server's response to a POST request."""
    app = server.streamable_http_app(
        streamable_http_path="/mcp", json_response=True, stateless_http=True, transport_security=ANY_HOST
    )
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    requested = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        for message in requested:
            return message
        # The client must seem to stay connected: after a disconnect, there would be no response.
        await anyio.sleep_forever()
        raise AssertionError("unreachable: it sleeps until it is cancelled")

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    anyio.run(run)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
