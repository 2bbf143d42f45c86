"""The proxy of the assistant's requests, which environment variables name, as for other programs."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rag.budget import Budget
from rag.failures import Unavailable
from rag.wire import Wire

URL = "http://engine.invalid:9200/passages/_search"


class Passing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        passed.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


passed: list[tuple[str, str | None]] = []


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Passing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    passed.clear()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def ask() -> int:
    return Wire("The engine", 1).send("GET", URL, Budget(5), 5).status


@pytest.mark.parametrize("form", ["http://{}", "{}", "http://me:pa%3Ass@{}"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_request_goes_through_the_proxy(
    form: str, variable: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, form.format(proxy))
    assert ask() == 200
    signed_in = f"Basic {b64encode(b'me:pa:ss').decode()}" if "@" in form else None
    assert passed == [(URL, signed_in)]


@pytest.mark.parametrize("hosts", ["engine.invalid", "localhost,.invalid", "*", None])
def test_a_request_to_an_excluded_host_goes_there(
    hosts: str | None, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hosts:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
        monkeypatch.setenv("NO_PROXY", hosts)
    else:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy}")
    with pytest.raises(Unavailable):
        ask()
    assert passed == []
