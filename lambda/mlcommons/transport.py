"""The transport to the engine: it sends a request and returns the answer. Only this module uses `requests`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import requests

from calls.tls import innermost, is_broken
from mlcommons.errors import InvalidSpec, Unanswered, Unreachable, Untrusted

MAYBE = "The request may have succeeded."


@dataclass(frozen=True)
class Request:
    """`path` starts with a slash and is already quoted; `query` is not; `body` is any JSON value or None."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def target(self) -> str:
        """Path and query in the signed form: quoted with %20, never with `+`, which SigV4 reads as a plus."""
        if not self.query:
            return self.path
        return f"{self.path}?{urlencode(self.query, quote_via=quote, safe='')}"


@dataclass(frozen=True)
class Response:
    """`body` is the parsed JSON, or the text when it is not JSON; header names are lower case."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """Sends one request. Raises `Unreachable` if nothing was done, or `Unanswered` if it may have been carried out."""

    def send(self, request: Request, timeout: float) -> Response: ...


class HttpTransport:
    """The transport over one open `requests` session.

    `endpoint` is `https://host[:port]`; `auth` signs each request (SigV4); `verify` is the path of a CA bundle, or True
    for the system's roots; `cert` is a client certificate and its key. TLS cannot be turned off; another scheme raises
    `InvalidSpec`.
    """

    def __init__(
        self,
        endpoint: str,
        auth: requests.auth.AuthBase | None = None,
        verify: str | bool = True,
        cert: tuple[str, str] | None = None,
    ) -> None:
        if not endpoint.startswith("https://"):
            raise InvalidSpec(f"Connecting to {endpoint}", "requests are sent over TLS only", "Begin it with https://.")
        self.endpoint = endpoint.rstrip("/")
        self._session = requests.Session()
        self._session.auth = auth
        self._session.cert = cert
        self._verify = verify

    def send(self, request: Request, timeout: float) -> Response:
        body = None if request.body is None else json.dumps(request.body).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        tried = f"{request.method} {request.path} at {self.endpoint}"
        try:
            response = self._session.request(
                request.method,
                self.endpoint + request.target,
                data=body,
                headers=headers,
                timeout=(min(timeout, 10.0), timeout),
                verify=self._verify,  # REQUESTS_CA_BUNDLE takes precedence over a session's (requests 2.34)
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise _no_tls(tried, error) from error
        except requests.exceptions.ConnectTimeout as error:
            raise Unreachable(
                tried, "no connection within the time limit", "Check VPC, subnets and security group."
            ) from error
        except (requests.exceptions.ReadTimeout, requests.exceptions.ChunkedEncodingError) as error:
            raise Unanswered(tried, innermost(error), MAYBE) from error
        except requests.exceptions.ConnectionError as error:
            raise _no_connection(tried, error) from error
        return answer_of(response)


def answer_of(response: requests.Response) -> Response:
    """Convert a response of `requests`, for every transport that uses it."""
    return Response(response.status_code, _parsed(response.text), _lower(response.headers))


class MockTransport:
    """For tests: `handler` answers or raises; `requests` lists all requests, `writes` those that change state."""

    def __init__(self, handler: Callable[[Request], Response]) -> None:
        self._handler = handler
        self.requests: list[Request] = []

    def send(self, request: Request, timeout: float) -> Response:  # noqa: ARG002
        self.requests.append(request)
        return self._handler(request)

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if is_write(request)]


def is_write(request: Request) -> bool:
    """Whether a request changes state; searches and predictions are POSTs that do not."""
    return request.method not in ("GET", "HEAD") and not request.path.endswith(("/_search", "/_predict"))


def _no_connection(tried: str, error: Exception) -> Unreachable:
    cause = innermost(error)
    if "resolve" in cause or "not known" in cause:
        return Unreachable(tried, cause, "The name is unknown. Check that the domain exists and DNS is reachable.")
    if "refused" in cause or "unreachable" in cause:
        return Unreachable(
            tried, cause, "Nothing listens there. Check that the domain is active and the port is right."
        )
    return Unanswered(tried, cause, MAYBE)


def _no_tls(tried: str, error: Exception) -> Unreachable:
    cause = innermost(error)
    if is_broken(error):
        return Unanswered(tried, cause, MAYBE)
    return Untrusted(tried, cause, "TLS failed. Check the domain's host name and CA.")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
