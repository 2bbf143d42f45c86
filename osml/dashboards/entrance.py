"""Access to the proxy: only the browser that opened its link, and only the pages of Dashboards in that browser.

The link's key works once and is exchanged for a cookie. A key that others read in a list of processes or in a browser's
history is therefore useless afterwards. Cookies do not distinguish the ports of a host. So the proxy also checks the
headers Origin and Sec-Fetch-Site, which name the page behind a request. The Host header must have the proxy's address,
because others can let a name of theirs point to this machine.
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
# The values of Sec-Fetch-Site when a page of the same origin asks, and when a person typed the address.
OWN_SITES = ("same-origin", "none")


class TurnedAway(Failure):
    """The proxy does not pass on a request; the sentence is its response."""


class Entrance:
    """Decides which requests the proxy at `port` accepts."""

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
        """The address that a person opens. It works once."""
        return f"{self.origin}/?{KEY}={self._key}"

    @property
    def cookie(self) -> str:
        """The cookie's name, which differs for each port."""
        return f"osml-dashboards-{self._port}"

    def admit(self, target: str, headers: Mapping[str, str]) -> str | None:
        """Accept a request, or raise TurnedAway.

        Returns the Set-Cookie header for the request with the link's key, which the proxy redirects to PATH; None for
        all other requests.
        """
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
