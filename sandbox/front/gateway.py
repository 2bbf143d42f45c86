"""The entrance to one domain: identifies the caller, checks permissions, translates requests and answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from sandbox.front.authority import Authority, DescribedDomain, Signer
from sandbox.front.connector import ConnectorGate
from sandbox.front.document import decoded, encoded, readable
from sandbox.front.engine import EngineConnections
from sandbox.front.mappings import MappingGate
from sandbox.front.policy import denial_of_anyone
from sandbox.front.refusal import AccessDenied
from sandbox.front.replay import Replays
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.signature import (
    read_signature,
    verify_digest,
    verify_scope,
    verify_time,
    without_signature,
)
from sandbox.front.snapshots import SnapshotGate
from sandbox.front.trusted import TrustedSetting
from sandbox.front.url_rewriter import UrlRewriter

_CONTEXT = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "true"}
_ML = ("_plugins", "_ml")
_SETTINGS = ("_cluster", "settings")
_RESET_BY_WILDCARD = re.compile(rb'\*"\s*:\s*null')


@dataclass(frozen=True)
class _Guest:
    """The admitted caller: a signer, or a Basic header for the engine, or an anonymous caller (both are None)."""

    caller: Signer | None = None
    basic: str | None = None


class Gateway:
    """Answers the requests to one domain. `domain` may be replaced at any time."""

    def __init__(
        self,
        domain: DescribedDomain,
        authority: Authority,
        engine: EngineConnections,
        gate: ConnectorGate,
        trusted: TrustedSetting,
        rewriter: UrlRewriter,
        replays: Replays,
        snapshots: SnapshotGate,
        mappings: MappingGate | None = None,
    ) -> None:
        """`mappings` is None if the engine has the native libraries for vectors: mappings then pass unchanged."""
        self.domain = domain
        self._authority = authority
        self._engine = engine
        self._gate = gate
        self._trusted = trusted
        self._rewriter = rewriter
        self._replays = replays
        self._snapshots = snapshots
        self._mappings = mappings

    def respond(self, request: FrontRequest) -> FrontResponse:
        domain = self.domain
        guest, request = self._admit(request, domain)
        segments = request.segments()
        if segments == _SETTINGS:
            return self._settings(readable(request), guest)
        kept = self._snapshots.respond(
            request.uncompressed(), guest.caller, domain, lambda changed: self._forward(changed, guest)
        )
        if kept is not None:
            return kept
        if self._mappings is not None:
            answer = self._mappings.respond(request, lambda changed: self._forward(changed, guest))
            if answer is not None:
                return answer
        if segments[:2] != _ML or not self._engine.has_ml:
            return self._forward(request, guest)
        if segments[2:3] in (("connectors",), ("models",)) and request.method in ("POST", "PUT"):
            request = self._with_connector(readable(request), guest, domain, segments[2:])
        answer = self._forward(request.uncompressed(), guest)
        return answer.with_body(self._rewriter.back(answer.body))

    def _admit(self, request: FrontRequest, domain: DescribedDomain) -> tuple[_Guest, FrontRequest]:
        action = f"es:ESHttp{request.method.capitalize()}"
        resource = f"{domain.arn}{request.path}"
        signature = read_signature(request)
        if signature is None:
            reason = denial_of_anyone(domain.access_policies, action, resource)
            if reason is not None:
                raise _denied("anonymous", action, reason)
            authorization = request.header("authorization") or ""
            internal = domain.master_user_name is not None and authorization.lower().startswith("basic ")
            return _Guest(basic=authorization if internal else None), request
        verify_scope(signature, domain.region, "es")
        verify_time(signature, datetime.now(UTC))
        credential = self._authority.credential(signature.access_key, signature.token)
        verify_digest(signature, request, credential.secret_key)
        self._replays.verify(signature)
        caller = credential.caller
        reason = self._authority.denial(caller, action, resource, _CONTEXT, domain.access_policies)
        if reason is not None:
            raise _denied(caller.arn, action, reason)
        if signature.expires is not None:
            request = replace(request, target=without_signature(request))
        return _Guest(caller), request

    def _forward(self, request: FrontRequest, guest: _Guest) -> FrontResponse:
        if not self.domain.is_fine_grained:
            return self._engine.unguarded(request)
        principal = guest.caller.principal_arn if guest.caller is not None else None
        return self._engine.forward(request, principal, guest.basic)

    def _settings(self, request: FrontRequest, guest: _Guest) -> FrontResponse:
        body = decoded(request.body)
        if request.method == "PUT" and isinstance(body, dict):
            request = request.with_body(encoded(self._trusted.inward(body)))
        answer = self._forward(request.uncompressed(), guest)
        settings = decoded(answer.body)
        if answer.status != 200 or not isinstance(settings, dict):
            return answer
        if request.method == "PUT" and _RESET_BY_WILDCARD.search(request.body):
            self._trusted.ensure()
        flat = parse_qs(request.query, keep_blank_values=True).get("flat_settings", ["false"])[-1]
        return answer.with_body(encoded(self._trusted.outward(settings, flat=flat != "false")))

    def _with_connector(
        self, request: FrontRequest, guest: _Guest, domain: DescribedDomain, segments: tuple[str, ...]
    ) -> FrontRequest:
        """The request with its connector in the engine's form; unchanged if it has no connector."""
        body = decoded(request.body)
        if not isinstance(body, dict):
            return request
        match request.method, *segments:
            case ["POST", "connectors", "_create"]:
                admitted = self._gate.admit(body, guest.caller, domain)
            case ["PUT", "connectors", _]:
                stored = self._stored(request, guest)
                if stored is None:
                    return request
                admitted = self._gate.admit(body, guest.caller, domain, stored)
            case ["POST", "models", "_register"] if isinstance(body.get("connector"), dict):
                admitted = {**body, "connector": self._gate.admit(body["connector"], guest.caller, domain)}
            case ["PUT", "models", _] if isinstance(body.get("connector"), dict):
                stored = (self._stored(request, guest) or {}).get("connector") or {}
                connector = self._gate.admit(body["connector"], guest.caller, domain, stored)
                admitted = {**body, "connector": connector}
            case _:
                return request
        return request.with_body(encoded(admitted))

    def _stored(self, request: FrontRequest, guest: _Guest) -> dict[str, Any] | None:
        """The object that an update changes, read with the caller's permissions; None if that fails."""
        read = FrontRequest("GET", request.path, request.headers)
        answer = self._forward(read.uncompressed(), guest)
        body = decoded(self._rewriter.back(answer.body))
        return body if answer.status == 200 and isinstance(body, dict) else None


def _denied(who: str, action: str, reason: str) -> AccessDenied:
    return AccessDenied(f"User: {who} is not authorized to perform: {action} {reason}")
