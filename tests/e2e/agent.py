"""An agent: the official client of MCP, which signs its user in at the pool or sends an API key."""

from __future__ import annotations

import asyncio
import html
import os
import re
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import requests
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

CALLBACK = "http://localhost:3334/oauth/callback"
T = TypeVar("T")


class Registered:
    """The token store of an agent whose client is registered in the pool already."""

    def __init__(self, client_id: str) -> None:
        self.tokens: OAuthToken | None = None
        self._client = OAuthClientInformationFull(
            client_id=client_id, redirect_uris=[AnyUrl(CALLBACK)], token_endpoint_auth_method="none"
        )

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull:
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError(f"The agent registers itself, as {client_info.client_name}.")


def signed_in(url: str, client_id: str, user: str, password: str, use: Callable[[Client], Awaitable[T]]) -> T:
    """Run `use` with an agent whose user signs in at its first request; returns the result of `use`."""
    came_back: dict[str, list[str]] = {}

    async def sign_in(address: str) -> None:
        came_back.update(await asyncio.to_thread(_signed_in_at, address, user, password))

    async def code() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=came_back["code"][0], state=came_back["state"][0])

    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(CALLBACK)], client_name="agent")
    auth = OAuthClientProvider(url, metadata, Registered(client_id), redirect_handler=sign_in, callback_handler=code)
    return _run(_used(url, use, auth=auth))


def with_key(url: str, key: str, use: Callable[[Client], Awaitable[T]]) -> T:
    """Run `use` with an agent that sends an API key; returns the result of `use`."""
    return _run(_used(url, use, headers={"x-api-key": key}))


def _run(work: Coroutine[Any, Any, T]) -> T:
    # In a separate thread: the test's thread already has the event loop of a browser.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _used(url: str, use: Callable[[Client], Awaitable[T]], **options: Any) -> T:
    trusted = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    async with (
        httpx2.AsyncClient(verify=trusted, timeout=60, **options) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        return await use(client)


def _signed_in_at(address: str, user: str, password: str) -> dict[str, list[str]]:
    """Fill in the sign-in form at the address; returns the parameters that the page sends back to the agent."""
    with requests.Session() as browser:
        form = browser.get(address, timeout=60)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.text))
        fields = {name: html.unescape(value) for name, value in fields.items()}
        target = urljoin(form.url, re.findall(r'<form[^>]* action="([^"]+)"', form.text)[0])
        sent = browser.post(
            target, data={**fields, "username": user, "password": password}, allow_redirects=False, timeout=60
        )
    location = sent.headers["Location"]
    assert location.startswith(CALLBACK), location
    return parse_qs(urlsplit(location).query)
