"""Requests to an OpenSearch engine: those of callers, and those of its administrator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.front.refusal import EngineUnreachable
from sandbox.front.request import FrontRequest, FrontResponse, Headers
from sandbox.front.upstream import Upstream

_JSON = (("Content-Type", "application/json"),)
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})


class EngineRefused(Exception):
    """The engine answered an administrative request with an error."""


@dataclass(frozen=True)
class EngineConnections:
    """Two connections to one engine: `admin` has the administrator's certificate.

    `callers` has no client certificate: only the proxy headers, or a Basic header, name the caller.
    """

    callers: Upstream
    admin: Upstream

    @classmethod
    def at(cls, url: str, ca: str, admin_cert: str, admin_key: str) -> EngineConnections:
        return cls(
            Upstream(url, EngineUnreachable, ca=ca),
            Upstream(url, EngineUnreachable, ca=ca, certificate=(admin_cert, admin_key)),
        )

    @cached_property
    def has_ml(self) -> bool:
        """Whether ml-commons is among the engine's plugins."""
        _, plugins = self.administer("GET", "/_cat/plugins?h=component&format=json")
        return any(plugin["component"] == "opensearch-ml" for plugin in plugins)

    @cached_property
    def major(self) -> int:
        """The major version of the engine."""
        _, answer = self.administer("GET", "/")
        return int(answer["version"]["number"].partition(".")[0])

    def forward(self, request: FrontRequest, principal: str | None, basic: str | None = None) -> FrontResponse:
        """Send the request as `principal` (an ARN), or with the Basic header `basic`, or without a caller."""
        headers = _passing(request)
        if principal is not None:
            headers += _identity(principal)
        elif basic is not None:
            headers.append(("Authorization", basic))
        return self.callers.send(request.method, request.target, headers, request.body)

    def unguarded(self, request: FrontRequest) -> FrontResponse:
        """Send a request to a domain without fine-grained access control: an admitted caller may do everything."""
        return self.admin.send(request.method, request.target, _passing(request), request.body)

    def administer(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request as the administrator; returns the status and the decoded body.

        Raises `EngineRefused` for every error except 404.
        """
        payload = b"" if body is None else json.dumps(body).encode()
        answer = self.admin.send(method, path, _JSON if payload else (), payload)
        if answer.status >= 400 and answer.status != 404:
            raise EngineRefused(
                f"{method} {path} as the engine's administrator was answered with {answer.status}: "
                f"{_reason(answer.body)}"
            )
        return answer.status, json.loads(answer.body or b"null")

    def close(self) -> None:
        self.callers.close()
        self.admin.close()


def _identity(principal: str) -> Headers:
    """The proxy headers for the security plugin, which accepts them from this address (`xff.internalProxies`)."""
    headers = (("x-forwarded-for", "127.0.0.1"), ("x-proxy-user", principal))
    # The plugin splits the roles header at commas. IAM names may contain commas: `…:role/x,admin` would give `admin`.
    return headers if "," in principal else (*headers, ("x-proxy-roles", principal))


def _passing(request: FrontRequest) -> list[tuple[str, str]]:
    return [pair for pair in request.headers if _passes(pair[0])]


def _passes(name: str) -> bool:
    name = name.lower()
    internal = name.startswith(("x-", "_opendistro", "opendistro_security", "_opensearch", "opensearch_security"))
    return not internal and name not in _CREDENTIALS


def _reason(body: bytes) -> str:
    try:
        decoded = json.loads(body)
    except ValueError:
        return body[:300].decode(errors="replace")
    if isinstance(decoded, dict):
        error = decoded.get("error") or decoded.get("reason") or decoded.get("message") or decoded
        if isinstance(error, dict):
            error = error.get("reason", error)
        return str(error)[:300]
    return str(decoded)[:300]
