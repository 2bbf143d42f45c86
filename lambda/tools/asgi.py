"""One HTTP exchange with an ASGI application, inside one call of a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
from starlette.applications import Starlette
from starlette.types import Message


@dataclass
class HttpResponse:
    """A response; names of headers are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def exchange(app: Starlette, method: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
    """Start the application, send it the request, and stop it after its response."""
    response = HttpResponse()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        # Headers of a client may have any characters; no header that the application reads has others than these.
        "headers": [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in headers.items()
        ],
    }
    requested = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        for message in requested:
            return message
        # The client must seem to stay connected: after a disconnect, a stream would end without a response.
        await anyio.sleep_forever()
        raise AssertionError("unreachable: it sleeps until it is cancelled")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        else:
            response.body += message.get("body", b"")

    async def run() -> None:
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    anyio.run(run)
    return response
