"""One way out over HTTPS: a request goes in, a good response comes out, everything else is a `Failure`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.auth import AuthBase

from assistant.budget import Budget
from assistant.other_side import failure_of, late, unreachable


class Wire:
    """A kept-open session with `side`, a name for messages; `auth` signs each request."""

    def __init__(self, side: str, connect_seconds: float, auth: AuthBase | None = None) -> None:
        self.side = side
        self._connect_seconds = connect_seconds
        self._session = requests.Session()
        self._session.auth = auth

    def send(self, method: str, url: str, budget: Budget, most: float, **options: Any) -> requests.Response:
        """One try, of `most` seconds without a byte at most; `options` as for `requests`.

        With `stream=True` the body is still to be read, which the caller does within `reading`.
        """
        seconds = budget.call(most)
        with self.reading():
            response = self._session.request(
                method,
                url,
                timeout=(min(self._connect_seconds, seconds), seconds),
                verify=os.environ.get("REQUESTS_CA_BUNDLE", True),  # a session's own is overruled by it
                allow_redirects=False,
                **options,
            )
        if response.status_code >= 300:
            with self.reading():
                text = response.text
            raise failure_of(self.side, response.status_code, text, response.headers.get("Retry-After"))
        return response

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what can happen on the way into a failure."""
        try:
            yield
        except requests.ReadTimeout as error:
            raise late(self.side, type(error).__name__) from error
        except requests.ConnectionError as error:
            # A body that stops coming is a ConnectionError around urllib3's ReadTimeoutError.
            if "Read timed out" in str(error):
                raise late(self.side, "Read timed out") from error
            raise unreachable(self.side, str(error)) from error
        except requests.RequestException as error:
            raise unreachable(self.side, f"{type(error).__name__} {error}") from error
