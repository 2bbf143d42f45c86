"""The proxy that opens Dashboards: whom it admits, and what passes between a browser and a domain."""

from __future__ import annotations

import gzip
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from osml.dashboards.entrance import Entrance, TurnedAway
from osml.dashboards.proxy import LARGEST_BODY, DashboardsProxy
from osml.dashboards.signature import CallerSignature, canonical
from osml.dashboards.target import domain_of
from osml.failure import Failure
from osml.place import Place
from sandbox.instance import Instance
from tests.dashboards_server import Dashboards, dashboards_server, serving
from tests.waiting import until

WHOLE = Path(__file__).parent / "files" / "whole"
HOME = "/_dashboards/app/home"


@dataclass
class Browser:
    """A browser that has opened the link, or has not."""

    proxy: DashboardsProxy
    sentences: list[str]
    session: requests.Session = field(default_factory=requests.Session)

    def open(self) -> requests.Response:
        return self.session.get(self.proxy.entrance.link, allow_redirects=False, timeout=60)

    def __call__(self, path: str, method: str = "GET", body: bytes = b"", /, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.proxy.entrance.origin + path
        return self.session.request(method, url, data=body, headers=named, allow_redirects=False, timeout=60)


@pytest.fixture
def dashboards() -> Iterator[tuple[Dashboards, str]]:
    with dashboards_server() as served:
        yield served


def browser_at(endpoint: str) -> Iterator[Browser]:
    sentences: list[str] = []
    signature = CallerSignature(Credentials("AKIDEXAMPLE", "secret", "token"), "us-east-1")
    proxy = DashboardsProxy(endpoint, signature, sentences.append)
    with serving(proxy):
        yield Browser(proxy, sentences)


@pytest.fixture
def browser(dashboards: tuple[Dashboards, str]) -> Iterator[Browser]:
    yield from browser_at(dashboards[1])


def test_the_link_leads_to_dashboards_once(browser: Browser, dashboards: tuple[Dashboards, str]) -> None:
    opened = browser.open()
    assert (opened.status_code, opened.headers["Location"]) == (303, "/_dashboards/")
    assert "HttpOnly" in opened.headers["Set-Cookie"]
    assert "SameSite=Strict" in opened.headers["Set-Cookie"]
    assert browser(HOME).text == "dashboards"
    again = Browser(browser.proxy, browser.sentences).open()
    assert again.status_code == 403
    assert "already used" in again.text
    assert [request.target for request in dashboards[0].requests] == [HOME]


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({"Host": "dashboards.example.com"}, "only at"),
        ({"Host": "localhost:1"}, "only at"),
        ({"Origin": "https://example.com"}, "Another page"),
        ({"Origin": "http://127.0.0.1:1"}, "Another page"),
        ({"Origin": "null"}, "Another page"),
        ({"Sec_Fetch_Site": "cross-site"}, "Another page"),
        ({"Sec_Fetch_Site": "same-site"}, "Another page"),
        ({"origin": "https://example.com"}, "Another page"),
        ({"sec_fetch_site": "cross-site"}, "Another page"),
    ],
)
def test_other_names_and_pages_are_turned_away(
    browser: Browser, dashboards: tuple[Dashboards, str], headers: dict[str, str], sentence: str
) -> None:
    browser.open()
    refused = browser(HOME, **headers)
    assert refused.status_code == 403
    assert sentence in refused.text
    assert dashboards[0].requests == []


@pytest.mark.parametrize("cookie", ["", "osml-dashboards-{port}=guessed", "other=1", 'osml-dashboards-{port}="', "é=é"])
def test_a_browser_without_the_cookie_is_turned_away(
    browser: Browser, dashboards: tuple[Dashboards, str], cookie: str
) -> None:
    port = str(browser.proxy.server_address[1])
    refused = browser(HOME, Cookie=cookie.replace("{port}", port).encode().decode("latin-1"))
    assert refused.status_code == 403
    assert "did not open the link" in refused.text
    assert dashboards[0].requests == []
    assert browser("/?key=guessed").status_code == 403
    assert browser.open().status_code == 303, "a guess does not use the link up"


@pytest.mark.parametrize("path", ["/", "/_cat/indices", "/_dashboardsx", "/_plugins/_security/api/roles"])
def test_nothing_but_dashboards_is_passed_on(browser: Browser, dashboards: tuple[Dashboards, str], path: str) -> None:
    browser.open()
    assert browser(path).status_code == 403
    assert dashboards[0].requests == []


@pytest.mark.parametrize(
    "target",
    ["/_dashboards/../_cat", "/_dashboards/%2e%2E/_cat", "/_dashboards/./x", "http://x/_dashboards", "//x/_dashboards"],
)
def test_no_way_leads_out_of_dashboards(target: str) -> None:
    entrance = Entrance(1)
    headers = {"Host": "127.0.0.1:1"}
    cookie = str(entrance.admit(entrance.link.removeprefix(entrance.origin), headers))
    headers["Cookie"] = cookie.partition(";")[0]
    assert entrance.admit(HOME, headers) is None
    with pytest.raises(TurnedAway, match="passes on only requests"):
        entrance.admit(target, headers)


def test_a_request_is_signed_and_keeps_what_dashboards_need(
    browser: Browser, dashboards: tuple[Dashboards, str]
) -> None:
    browser.open()
    origin = browser.proxy.entrance.origin
    browser.session.cookies.set("security_authentication", "theirs")
    headers = {"osd_xsrf": "true", "securitytenant": "global", "Content_Type": "application/json"}
    browser("/_dashboards/api/x?b=2&a=1", "POST", b"{}", Origin=origin, Referer=origin, x_amz_date="0", **headers)
    [received] = dashboards[0].requests
    got = {name.lower(): value for name, value in received.headers.items()}
    assert (received.method, received.target, received.body) == ("POST", "/_dashboards/api/x?b=2&a=1", b"{}")
    assert got["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in got["authorization"]
    assert got["x-amz-date"] != "0"
    assert {name: got[name] for name in ("osd-xsrf", "securitytenant", "content-type", "cookie")} == {
        "osd-xsrf": "true",
        "securitytenant": "global",
        "content-type": "application/json",
        "cookie": "security_authentication=theirs",
    }
    assert not {"origin", "referer"} & set(got)


def test_cookies_and_redirects_of_the_domain_are_those_of_the_proxy(
    browser: Browser, dashboards: tuple[Dashboards, str]
) -> None:
    stands, endpoint = dashboards
    stands.status = 302
    stands.headers = [
        ("Location", f"{endpoint}/_dashboards/app/login"),
        ("Set-Cookie", "a=1; Secure; HttpOnly; Domain=search-x.us-east-1.es.amazonaws.com; Path=/_dashboards"),
        ("Set-Cookie", "b=2; Path=/; secure"),
    ]
    browser.open()
    answer = browser("/_dashboards")
    assert answer.headers["Location"] == "/_dashboards/app/login"
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1; HttpOnly; Path=/_dashboards", "b=2; Path=/"]


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_compressed_answer_passes_unharmed(
    browser: Browser, dashboards: tuple[Dashboards, str], in_pieces: bool
) -> None:
    stands = dashboards[0]
    stands.in_pieces = in_pieces
    if not in_pieces:
        stands.body, stands.headers = gzip.compress(b"dashboards" * 100_000), [("Content-Encoding", "gzip")]
    browser.open()
    answer = browser(HOME)
    assert answer.text == "dashboards" * (1 if in_pieces else 100_000)
    head = browser(HOME, "HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_a_refusal_is_passed_on_and_explained_once(browser: Browser, dashboards: tuple[Dashboards, str]) -> None:
    stands = dashboards[0]
    stands.status, stands.body = 403, b'{"Message":"User: arn:x is not authorized"}'
    browser.open()
    assert [browser(HOME).json()["Message"] for _ in range(2)] == ["User: arn:x is not authorized"] * 2
    [sentence] = browser.sentences
    assert "search.admins" in sentence


def test_a_domain_that_does_not_answer_is_named() -> None:
    for browser in browser_at("http://127.0.0.1:9"):
        browser.open()
        answer = browser(HOME)
        assert answer.status_code == 502
        assert "127.0.0.1:9 did not answer" in answer.text
        assert "VPC" in browser.sentences[0]


@pytest.mark.parametrize(
    "headers", [{"Content_Length": str(LARGEST_BODY + 1)}, {"Content_Length": "-1"}, {"Content_Length": "1" * 5000}]
)
def test_a_body_of_a_wrong_length_is_refused(
    browser: Browser, dashboards: tuple[Dashboards, str], headers: dict[str, str]
) -> None:
    browser.open()
    assert browser(HOME, "POST", **headers).status_code == 403
    assert dashboards[0].requests == []


@given(st.text(max_size=30), st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=9)), max_size=5))
def test_the_encoding_of_a_query_changes_once_and_its_meaning_never(raw: str, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    query = query.encode(errors="replace").decode("ascii", errors="replace").replace("�", "+")
    once = canonical(f"/_dashboards/x?{query}")
    assert canonical(once) == once
    assert parse_qsl(once.partition("?")[2], keep_blank_values=True) == parse_qsl(query, keep_blank_values=True)
    assert not set(":+ '\"") & set(once.partition("?")[2])


@pytest.mark.parametrize(
    ("env", "instance", "sentence"),
    [
        ("serverless", None, "OpenSearch UI"),
        ("self-managed", None, "is your own"),
        ("r1", Instance("dashboards", Path()), "local cloud has no Dashboards"),
    ],
)
def test_environments_without_dashboards_are_told_what_to_do(
    env: str, instance: Instance | None, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(WHOLE))
    with pytest.raises(Failure, match=sentence):
        domain_of(Place(env, instance))


def test_a_response_that_breaks_off_is_a_sentence(
    browser: Browser, dashboards: tuple[Dashboards, str], capfd: pytest.CaptureFixture[str]
) -> None:
    browser.open()
    dashboards[0].withheld = 5
    with pytest.raises(requests.RequestException):
        browser(HOME)
    assert "broke off" in until("the sentence", lambda: browser.sentences)[0]
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_browser_that_goes_away_is_no_error(
    browser: Browser,
    dashboards: tuple[Dashboards, str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[Any] = []
    # The server calls this last for each connection, also after an error.
    monkeypatch.setattr(browser.proxy, "shutdown_request", ended.append)
    browser.open()
    dashboards[0].body = b"x" * 50_000_000
    [(name, value)] = browser.session.cookies.items()
    with socket.create_connection(("127.0.0.1", browser.proxy.server_address[1])) as connection:
        host = browser.proxy.entrance.origin.removeprefix("http://")
        connection.sendall(f"GET {HOME} HTTP/1.1\r\nHost: {host}\r\nCookie: {name}={value}\r\n\r\n".encode())
        assert connection.recv(100)
        # The connection ends at once, with a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert browser("/_dashboards/next", "HEAD").status_code == 200
    until("the end of the connection", lambda: ended)
    assert "Traceback" not in "".join(capfd.readouterr())
