"""The address that the engine's connectors call: makes the provider's checks, then calls the model endpoints."""

from __future__ import annotations

import ipaddress
import re
import socket
from datetime import UTC, datetime
from urllib.parse import unquote

from sandbox.front.admission import COMPONENT_HEADER, ENDPOINT_HEADER, admit
from sandbox.front.authority import Authority
from sandbox.front.provider import invocation
from sandbox.front.refusal import MalformedRequest, ProviderRefusal, UnknownHost
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.signature import read_signature, verify_digest, verify_scope, verify_time
from sandbox.front.upstream import Upstream
from sandbox.front.url_rewriter import PLAIN, SECURE

_TARGET = re.compile(rf"({SECURE}|{PLAIN})([^/?]+)(/[^?]*)?(\?.*)?")
_PROVED = frozenset({"authorization", "x-amz-security-token", "x-amz-date", "x-amz-content-sha256"})


class Egress:
    """Answers model calls. `hosts` are the hosts outside AWS that the model endpoints emulate."""

    def __init__(self, authority: Authority, models: Upstream, hosts: tuple[str, ...]) -> None:
        self._authority = authority
        self._models = models
        self._hosts = hosts

    def respond(self, request: FrontRequest) -> FrontResponse:
        match = _TARGET.fullmatch(request.target)
        if match is None:
            raise MalformedRequest("The egress takes /_aws/<host>/<path> only.")
        way, host, path, _ = match.groups()
        host = host.lower()
        _refuse_private(host)
        headers = [pair for pair in request.headers if pair[0].lower() != ENDPOINT_HEADER]
        if way == SECURE and host.endswith(".amazonaws.com"):
            endpoint = self._admit(request, host, path or "/")
            headers = [pair for pair in headers if pair[0].lower() not in _PROVED]
            if endpoint is not None:
                headers.append((ENDPOINT_HEADER, endpoint))
        elif way != SECURE or host not in self._hosts:
            raise _unknown(host)
        return self._models.send(request.method, request.target, headers, request.body)

    def _admit(self, request: FrontRequest, host: str, path: str) -> str | None:
        """The value of `ENDPOINT_HEADER`, None for other providers than SageMaker; raises the provider's refusal."""
        signature = read_signature(request)
        if signature is None:
            raise ProviderRefusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token", "Message")
        # The engine signed the host and the path of the request as it arrived here, not those of the provider.
        credential = self._authority.credential(signature.access_key, signature.token)
        call = invocation(host, path, credential.caller.account)
        if call is None:
            raise _unknown(host)
        verify_scope(signature, call.region, call.service)
        verify_time(signature, datetime.now(UTC))
        verify_digest(signature, request, credential.secret_key)
        component = next((value for name, value in request.headers if name.lower() == COMPONENT_HEADER), None)
        return admit(self._authority, credential.caller, call, component)


def _unknown(host: str) -> UnknownHost:
    return UnknownHost(
        f"No model endpoint of this machine stands for {host}, and the sandbox calls nothing outside. "
        "Point the connector at SageMaker, Bedrock, api.deepseek.com or api.openai.com."
    )


def _refuse_private(host: str) -> None:
    name = unquote(host).rpartition("@")[2]
    name = name.rpartition(":")[0] if re.search(r":\d+$", name) else name
    address = _address(name.strip("[]"))
    private = not address.is_global if address else name == "localhost" or name.endswith(".localhost")
    if private:
        raise MalformedRequest(f"Remote inference host name has private ip address: {name}")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is, or None for a name. 2130706433, 0x7f.1 and 127.1 are also 127.0.0.1."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        return None
