"""Who may use the proxy: the browser that opened its link, and in it no page but those of Dashboards.

The link's key counts once and is exchanged for a cookie, so a key that others read in a list of processes or in a
browser's history is worth nothing afterwards. Cookies do not tell ports of a host apart, so what the browser says of
the page behind a request is read too; the Host header keeps out names that others let point to this machine.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from urllib.parse import parse_qs, unquote, urlsplit

from osml.failure import Failure

PATH = "/_dashboards"
KEY = "key"
# A person typed the address, or a page of the same origin asks.
OWN_SITES = ("same-origin", "none")


class TurnedAway(Failure):
    """A request that the proxy does not pass on; the sentence is its answer."""


class Entrance:
    """The way into the proxy at `port`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._key: str | None = secrets.token_urlsafe(32)
        self._pass = secrets.token_urlsafe(32)
        self._lock = Lock()

    @property
    def origin(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def link(self) -> str:
        """What a person opens, once."""
        return f"{self.origin}/?{KEY}={self._key}"

    @property
    def cookie(self) -> str:
        """The cookie's name, another one for each port."""
        return f"osml-dashboards-{self._port}"

    def admit(self, target: str, headers: Mapping[str, str]) -> str | None:
        """Let a request in; returns the Set-Cookie of a first request, which goes to PATH. Raises TurnedAway."""
        if headers.get("Host") != f"127.0.0.1:{self._port}":
            raise TurnedAway(f"This proxy is only at {self.origin}.")
        if headers.get("Origin", self.origin) != self.origin or headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
            raise TurnedAway("Another page made this request. Open the link that `osml dashboards` printed.")
        url = urlsplit(target)
        if url.path == "/" and KEY in parse_qs(url.query):
            return self._exchange(parse_qs(url.query)[KEY][-1])
        if not hmac.compare_digest(self._shown(headers.get("Cookie", "")), self._pass.encode()):
            raise TurnedAway("This browser did not open the link that `osml dashboards` printed.")
        steps = unquote(url.path).split("/")
        if url.netloc or steps[1] != PATH.strip("/") or {".", ".."} & set(steps):
            raise TurnedAway(f"The proxy passes on only requests to {PATH}.")
        return None

    def without_own(self, cookies: str) -> str:
        """The Cookie header without the proxy's own cookie."""
        others = (part.strip() for part in cookies.split(";"))
        return "; ".join(part for part in others if part and part.partition("=")[0] != self.cookie)

    def _exchange(self, key: str) -> str:
        with self._lock:
            if self._key is None or not hmac.compare_digest(key.encode(), self._key.encode()):
                raise TurnedAway("The link was already used, or belongs to another run. Start `osml dashboards` again.")
            self._key = None
        return f"{self.cookie}={self._pass}; Path=/; HttpOnly; SameSite=Strict"

    def _shown(self, cookies: str) -> bytes:
        try:
            morsel = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return b""
        return morsel.value.encode() if morsel else b""
