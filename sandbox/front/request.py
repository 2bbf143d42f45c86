"""An HTTP request and its answer, independent of sockets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FrontRequest:
    """A request as it arrived: `target` is the undecoded path with the query, and header names are unchanged."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """All values of a header joined by commas, or None."""
        wanted = name.lower()
        values = [value for key, value in self.headers if key.lower() == wanted]
        return ",".join(values) if values else None

    def segments(self) -> tuple[str, ...]:
        """The parts of the path by which the engine routes it: percent-decoded, without empty parts."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def with_body(self, body: bytes) -> FrontRequest:
        return replace(self, body=body)

    def uncompressed(self) -> FrontRequest:
        """The request for an uncompressed answer, which the front can read and change."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != "accept-encoding")
        return replace(self, headers=kept)


@dataclass(frozen=True)
class FrontResponse:
    """A status, the headers without hop-by-hop headers, and the body. `length` is the Content-Length for a HEAD."""

    status: int
    headers: Headers
    body: bytes = b""
    length: int | None = None

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def with_body(self, body: bytes) -> FrontResponse:
        return replace(self, body=body)


# RFC 9110, section 7.6.1. The listener itself answers `Expect`.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
        "host",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
