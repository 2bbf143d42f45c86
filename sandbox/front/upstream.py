"""A pool of HTTP connections from the front to one process."""

from __future__ import annotations

from collections.abc import Iterable

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, SSLError

from sandbox.front.refusal import BackendUnreachable
from sandbox.front.request import HOP_BY_HOP, FrontResponse

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Upstream:
    """Sends a request and reads the whole answer; raises `refusal` if there is no answer.

    - `ca` is the PEM file of the CA for an https `url`.
    - `certificate` is the client's certificate and key, both PEM files.
    - `seconds` is the longest wait for data; a connection gets 5 seconds.
    """

    def __init__(
        self,
        url: str,
        refusal: type[BackendUnreachable],
        *,
        ca: str | None = None,
        certificate: tuple[str, str] | None = None,
        seconds: float = 300.0,
    ) -> None:
        self.url = url.rstrip("/")
        self._refusal = refusal
        options: dict[str, object] = {"maxsize": 64, "block": False, "retries": False}
        options["timeout"] = urllib3.Timeout(connect=5.0, read=seconds)
        if self.url.startswith("https:"):
            options |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": ca}
            if certificate is not None:
                options |= {"cert_file": certificate[0], "key_file": certificate[1]}
        self._pool = urllib3.connection_from_url(self.url, **options)

    def send(self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes) -> FrontResponse:
        """Send the request. Hop-by-hop headers are removed in both directions, and bodies are not decoded."""
        fields = urllib3.HTTPHeaderDict()
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                fields.add(name, value)
        fields.setdefault("Accept-Encoding", "identity")
        try:
            response = self._exchange(method, target, fields, body)
        except HTTPError as error:
            raise self._refusal(
                f"{method} {target.partition('?')[0]} was sent to {self.url}, which did not answer "
                f"({type(error).__name__}). Check that the process runs, and its log."
            ) from error
        length = response.headers.get("content-length")
        return FrontResponse(
            response.status,
            tuple((name, value) for name, value in response.headers.items() if name.lower() not in HOP_BY_HOP),
            response.data,
            int(length) if length is not None and length.isdecimal() else None,
        )

    def close(self) -> None:
        self._pool.close()

    def _exchange(
        self, method: str, target: str, fields: urllib3.HTTPHeaderDict, body: bytes
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.urlopen(method, target, body or None, fields, decode_content=False, redirect=False)
        except NewConnectionError:
            raise
        except (ProtocolError, SSLError):
            # The other side has just closed a pooled connection. Or a busy engine has ended the handshake with an
            # "internal error", without a line in its log (OpenSearch 3.4, once in some hundred runs).
            if method not in _REPEATABLE:
                raise
            return self._pool.urlopen(method, target, body or None, fields, decode_content=False, redirect=False)
