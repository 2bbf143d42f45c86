"""HTTPS requests: a good response is returned, everything else raises a `RagFailure`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.auth import AuthBase

from aws.tracing import subsegment
from calls.retry_after import asked_to_wait
from calls.trust import SharedTrust
from rag.budget import Budget
from rag.service_failure import failure_of, late, unreachable


class Wire:
    """A persistent session with another service; `side` is its name in messages. `auth` signs each request.

    The environment variable `bundle` names a file with the certificate authorities to trust. A stopped model starts
    within `start_seconds`.
    """

    def __init__(
        self,
        side: str,
        connect_seconds: float,
        auth: AuthBase | None = None,
        bundle: str = "REQUESTS_CA_BUNDLE",
        start_seconds: float | None = None,
    ) -> None:
        self.side = side
        self._start_seconds = start_seconds
        self._bundle = bundle
        self._connect_seconds = connect_seconds
        self._session = requests.Session()
        self._session.auth = auth
        self._session.mount("https://", SharedTrust())

    def send(self, method: str, url: str, budget: Budget, most: float, **options: Any) -> requests.Response:
        """Send one request without retries; `options` are those of `requests`. Raises a `RagFailure`.

        It fails after `most` seconds without a byte. With `stream=True`, read the body inside `reading`.
        """
        seconds = budget.call(most)
        with subsegment(self.side, remote=True):
            return self._sent(method, url, seconds, options)

    def _sent(self, method: str, url: str, seconds: float, options: dict[str, Any]) -> requests.Response:
        with self.reading():
            response = self._session.request(
                method,
                url,
                timeout=(min(self._connect_seconds, seconds), seconds),
                verify=os.environ.get(self._bundle, True),  # requests prefers its variable to a session's verify
                allow_redirects=False,
                **options,
            )
        if response.status_code >= 300:
            with self.reading():
                text = response.text
            # AWS services that have one path for each operation name the error only in this header.
            if named := response.headers.get("x-amzn-ErrorType"):
                text = f"{named.partition(':')[0]} {text}"
            wait = asked_to_wait(response.headers)
            raise failure_of(self.side, response.status_code, text, wait, self._start_seconds)
        return response

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn connection errors into failures."""
        try:
            yield
        except requests.ReadTimeout as error:
            raise late(self.side, type(error).__name__) from error
        except requests.ConnectionError as error:
            # A body that stalls raises a ConnectionError around urllib3's ReadTimeoutError.
            if "Read timed out" in str(error):
                raise late(self.side, "Read timed out") from error
            raise unreachable(self.side, str(error)) from error
        except requests.RequestException as error:
            raise unreachable(self.side, f"{type(error).__name__} {error}") from error
