"""HTTPS requests: a good response is returned, everything else raises a `RagFailure`."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError, ReadTimeoutError

from aws.tracing import subsegment
from calls.connections import Connections
from calls.retry_after import asked_to_wait
from rag.budget import Budget
from rag.service_failure import failure_of, late, unreachable

Auth = Callable[[Any], Any]
"""Adds the headers of a sign-in to a request: an `Outgoing`, or an object of another library with these fields."""


@dataclass
class Outgoing:
    """A request before it is sent."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None


class Wire:
    """Persistent connections to another service; `side` is its name in messages. `auth` signs each request.

    The environment variable `bundle` names a file with the certificate authorities to trust. A stopped model starts
    within `start_seconds`.
    """

    def __init__(
        self,
        side: str,
        connect_seconds: float,
        auth: Auth | None = None,
        bundle: str = "REQUESTS_CA_BUNDLE",
        start_seconds: float | None = None,
    ) -> None:
        self.side = side
        self._start_seconds = start_seconds
        self._connect_seconds = connect_seconds
        self._auth = auth
        self._connections = Connections(os.environ.get(bundle))

    def send(
        self,
        method: str,
        url: str,
        budget: Budget,
        most: float,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> BaseHTTPResponse:
        """Send one request without retries. Raises a `RagFailure`.

        The `body` is bytes, or a value that is sent as JSON. It fails after `most` seconds without a byte. With
        `stream`, read the body inside `reading`.
        """
        seconds = budget.call(most)
        # Signatures need a space as %20, not as +.
        target = f"{url}?{urlencode(query, quote_via=quote, safe='')}" if query else url
        request = Outgoing(method, target, {"Accept-Encoding": "gzip, deflate", **(headers or {})})
        if body is not None and not isinstance(body, bytes):
            request.headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body, allow_nan=False).encode()
        request.body = body
        with subsegment(self.side, remote=True):
            return self._sent(self._auth(request) if self._auth else request, seconds, stream)

    def _sent(self, request: Outgoing, seconds: float, stream: bool) -> BaseHTTPResponse:
        with self.reading():
            response = self._connections.to(request.url).request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers,
                timeout=Timeout(connect=min(self._connect_seconds, seconds), read=seconds),
                redirect=False,
                preload_content=not stream,
            )
            if response.status < 300:
                return response
            text = text_of(response)
        # AWS services that have one path for each operation name the error only in this header.
        if named := response.headers.get("x-amzn-ErrorType"):
            text = f"{named.partition(':')[0]} {text}"
        wait = asked_to_wait(response.headers)
        raise failure_of(self.side, response.status, text, wait, self._start_seconds)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn connection errors into failures."""
        try:
            yield
        except ReadTimeoutError as error:
            raise late(self.side, type(error).__name__) from error
        except HTTPError as error:
            raise unreachable(self.side, f"{type(error).__name__} {error}") from error


def text_of(response: BaseHTTPResponse) -> str:
    """The body as text."""
    return response.data.decode(errors="replace")
