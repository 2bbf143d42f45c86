"""Polite GET requests: one at a time, with pauses, and repeated later if the server asks for that."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

import requests

from calls.retry_after import asked_to_wait
from sources.item import Unreached

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
# The limits of an answer: of a page or file, in bytes and in seconds.
LARGEST, LONGEST = 64 << 20, 120.0
ATTEMPTS = 3
# The limits of a wait that a server asks for, and the wait if it asks for none.
LONGEST_WAIT, USUAL_WAIT = 60.0, 2.0
LATER = frozenset((429, 500, 502, 503, 504))
_PIECE = 1 << 16


@dataclass(frozen=True)
class HttpAnswer:
    """An answer whose body is read by `save`; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    response: requests.Response

    def save(self, file: IO[bytes]) -> None:
        """Write the body into the file. Raises Unreached if the body is too large, too slow, or breaks off."""
        ends, size = time.monotonic() + LONGEST, 0
        try:
            for piece in self.response.iter_content(_PIECE):
                size += len(piece)
                if size > LARGEST:
                    raise Unreached(f"has more than {LARGEST >> 20} MiB")
                if time.monotonic() > ends:
                    raise Unreached(f"took more than {LONGEST:.0f} seconds to be read")
                file.write(piece)
        except (requests.RequestException, OSError) as error:
            raise Unreached(f"broke off ({type(error).__name__})") from None


class Fetching:
    """Requests of `session` with at least `delay` seconds between those to the same host, from any number of threads.

    `left` returns the seconds until nothing more is begun. A longer wait that a server asks for raises Unreached.
    """

    def __init__(
        self,
        session: requests.Session,
        delay: float,
        left: Callable[[], float] = lambda: 600.0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._session, self._delay, self._left, self._sleep = session, delay, left, sleep
        self._delays: dict[str, float] = {}
        self._next: dict[str, float] = {}
        self._turns = threading.Lock()
        self.requests = 0

    def slow_down(self, url: str, delay: float) -> None:
        """Leave at least `delay` seconds between the requests to the host of this address."""
        self._delays[urlsplit(url).netloc] = max(self._delay, delay)

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[HttpAnswer]:
        """The answer, whatever its status; redirects are not followed.

        Raises Unreached if there is no answer, or if the server is still busy after three attempts.
        """
        response = self._patiently(url, dict(headers or {}))
        try:
            received = {name.lower(): value for name, value in response.headers.items()}
            yield HttpAnswer(response.status_code, received, response)
        finally:
            response.close()

    def _patiently(self, url: str, headers: dict[str, str]) -> requests.Response:
        for attempt in range(1, ATTEMPTS + 1):
            self._await_turn(url)
            try:
                response = self._session.get(
                    url,
                    headers=headers,
                    allow_redirects=False,
                    stream=True,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                )
            except (requests.RequestException, OSError, UnicodeError) as error:
                raise Unreached(f"gave no answer ({innermost(error)})") from None
            if response.status_code not in LATER:
                return response
            wait = asked_to_wait(response.headers)
            wait = USUAL_WAIT * attempt if wait is None else wait
            response.close()
            if attempt < ATTEMPTS and wait <= min(LONGEST_WAIT, self._left()):
                self._pause(url, wait)
                continue
            why_longer = f", and asked to wait {wait:.0f} s" if wait > LONGEST_WAIT else ""
            raise Unreached(f"was answered {response.status_code}{why_longer}")
        raise AssertionError

    def _pause(self, url: str, seconds: float) -> None:
        """Send this host no request for `seconds`, from any thread."""
        with self._turns:
            host = urlsplit(url).netloc
            self._next[host] = max(self._next.get(host, 0.0), time.monotonic() + seconds)

    def _await_turn(self, url: str) -> None:
        with self._turns:
            host, now = urlsplit(url).netloc, time.monotonic()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + self._delays.get(host, self._delay)
            self.requests += 1
        if turn > now:
            self._sleep(turn - now)


def innermost(error: BaseException) -> str:
    """The innermost reason of an error of HTTP, without the objects that urllib3 puts into its texts."""
    reason = error
    while inner := next((error for error in _within(reason) if isinstance(error, Exception)), None):
        reason = inner
    said = str(reason)
    return (said.rpartition(">: ")[2] or said.rpartition("): ")[2] or said)[:200] or type(error).__name__


def _within(error: BaseException) -> tuple[object, ...]:
    return (getattr(error, "reason", None), error.args[0] if error.args else None, error.__cause__)
