"""The proxy between a browser on this machine and Dashboards of a domain. It signs each request."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from osml.dashboards.entrance import PATH, Entrance, TurnedAway
from osml.dashboards.signature import canonical

# Seconds to connect and to read. Amazon's Dashboards wait 300 seconds for a query.
SECONDS = (10, 300)
# The largest request that a domain accepts, in bytes.
LARGEST_BODY = 100 * 1024**2
LONGEST_LENGTH = len(str(LARGEST_BODY))
CHUNK = 64 * 1024
# A browser opens six connections to one host, and keeps them open.
CONNECTIONS = 16
# Headers of one connection (RFC 9110, section 7.6.1), and headers that are set again for the other side.
OWN = {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
# Headers about the browser's page, which the domain does not know, and headers of a signature.
KEPT_BACK = re.compile(
    r"(?i)(origin|referer|authorization|cookie|expect|proxy-.*|x-amz-.*|x-forwarded-.*|sec-fetch-.*)"
)
# The domain restricts its cookies to https and its own host; here they belong to this proxy.
ELSEWHERE = re.compile(r"(?i);\s*(secure|domain=[^;]*)(?=;|$)")
Tell = Callable[[str], None]


class DashboardsProxy(ThreadingHTTPServer):
    """Listens on 127.0.0.1. It calls `tell` with sentences that a person should read, such as a refusal."""

    daemon_threads = True

    def __init__(self, endpoint: str, auth: AuthBase, tell: Tell, port: int = 0) -> None:
        """The `port` 0 chooses a free one. Raises OSError if the port is taken."""
        super().__init__(("127.0.0.1", port), _Exchange)
        self.entrance = Entrance(self.server_address[1])
        self.endpoint, self.auth, self.tell = endpoint, auth, tell
        self.way = HTTPAdapter(pool_maxsize=CONNECTIONS)
        self._refused = False

    def refused(self, status: int) -> None:
        """Tell the person, only once, that the domain refused the caller."""
        if not self._refused:
            self._refused = True
            self.tell(
                f"The domain answered {status}. Dashboards need a role of search.admins that may send es:ESHttp* to "
                f"{self.endpoint}; the page shows the domain's reason."
            )


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: DashboardsProxy

    def handle(self) -> None:
        """Answer the requests of a connection until the browser ends it, which it may do at any time."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def _answer(self) -> None:
        try:
            cookie = self.server.entrance.admit(self.path, CaseInsensitiveDict(self.headers.items()))
            body = self._body()
        except TurnedAway as reason:
            self._say(HTTPStatus.FORBIDDEN, str(reason))
            return
        if cookie is not None:
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Set-Cookie", cookie)
            self._end([("Location", f"{PATH}/"), ("Referrer-Policy", "no-referrer"), ("Content-Length", "0")])
            return
        try:
            with self._sent(body) as answer:
                self._pass_on(answer)
        except requests.RequestException as error:
            sentence = f"{self.server.endpoint} did not answer ({type(error).__name__}). "
            sentence += "A domain in a VPC answers only machines in that VPC."
            self.server.tell(sentence)
            self._say(HTTPStatus.BAD_GATEWAY, sentence)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isascii() or not length.isdecimal():
            raise TurnedAway("A request must have a Content-Length.")
        if len(length) > LONGEST_LENGTH or int(length) > LARGEST_BODY:
            raise TurnedAway(f"A domain accepts at most {LARGEST_BODY} bytes.")
        return self.rfile.read(int(length))

    def _sent(self, body: bytes) -> requests.Response:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN}
        headers = {name: value for name, value in headers.items() if not KEPT_BACK.fullmatch(name)}
        if cookies := self.server.entrance.without_own(self.headers.get("Cookie", "")):
            headers["Cookie"] = cookies
        url = self.server.endpoint + canonical(self.path)
        request = requests.Request(self.command, url, headers=headers, data=body, auth=self.server.auth).prepare()
        # Without a session, because a session follows redirects or reads their whole bodies.
        return self.server.way.send(
            request,
            stream=True,
            timeout=SECONDS,
            verify=os.environ.get("REQUESTS_CA_BUNDLE", True),
            proxies=get_environ_proxies(url),
        )

    def _pass_on(self, answer: requests.Response) -> None:
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            self.server.refused(answer.status_code)
        self.send_response(answer.status_code)
        # The headers of urllib3, because requests joins all Set-Cookie headers into one line.
        headers = [(name, self._here(name, value)) for name, value in answer.raw.headers.items()]
        passed = [(name, value) for name, value in headers if name.lower() not in OWN]
        length = answer.headers.get("Content-Length")
        # Without a length, the end of the connection is the end of the response.
        passed.append(("Content-Length", length) if length else ("Connection", "close"))
        self._end(passed)
        if self.command != "HEAD":
            try:
                for chunk in answer.raw.stream(CHUNK, decode_content=False):
                    self.wfile.write(chunk)
            except HTTPError as error:
                # The browser has the status already; without the rest, it sees that the response is not complete.
                self.close_connection = True
                self.server.tell(f"A response of {self.server.endpoint} broke off ({type(error).__name__}).")

    def _here(self, name: str, value: str) -> str:
        if name.lower() == "location":
            return value.removeprefix(self.server.endpoint)
        return ELSEWHERE.sub("", value) if name.lower() == "set-cookie" else value

    def _say(self, status: HTTPStatus, sentence: str) -> None:
        self.close_connection = True
        body = f"{sentence}\n".encode()
        self.send_response(status)
        plain = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
        self._end([*plain, ("Content-Length", str(len(body))), ("Connection", "close")])
        if self.command != "HEAD":
            self.wfile.write(body)

    def _end(self, headers: Iterable[tuple[str, str]]) -> None:
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing, because the address of a first request contains the key."""
