"""TLS of the assistant's requests: authorities are read once in a process, and checked for each connection."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from calls import trust
from rag.budget import Budget
from rag.failures import RagFailure
from rag.wire import Wire
from sandbox.certificates import Certificates


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("tls"))
    made.make()
    return made


@pytest.fixture(scope="module")
def url(certificates: Certificates) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate("server"), certificates.key("server"))
    server = HTTPServer(("127.0.0.1", 0), Greeting)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ssl.SSLContext]]:
    """The TLS contexts that any code makes during the test."""
    made: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_verify_locations

    class Noticed(ssl.SSLContext):
        def load_verify_locations(self, *places: Any, **named: Any) -> None:
            made.append(self)
            load(self, *places, **named)

    trust.trusting.cache_clear()
    monkeypatch.setattr("urllib3.util.ssl_.SSLContext", Noticed)
    yield made
    trust.trusting.cache_clear()


def ask(url: str) -> int:
    return Wire("The engine", 5).send("GET", url, Budget(10), 5).status


def test_clients_that_trust_the_same_authorities_read_them_once(
    certificates: Certificates, url: str, contexts: list[ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
    assert [ask(url), ask(url), ask(url)] == [200, 200, 200]
    assert len(contexts) == 1


def test_a_server_is_refused_that_these_authorities_have_not_signed(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = Certificates(tmp_path)
    others.make()
    for authorities in (str(others.ca), None):
        if authorities:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", authorities)
        else:
            monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with pytest.raises(RagFailure, match="The engine") as caught:
            ask(url)
        assert "CERTIFICATE_VERIFY_FAILED" in caught.value.said


def test_another_name_than_the_certificates_is_refused(
    certificates: Certificates, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
    with pytest.raises(RagFailure) as caught:
        # The same address, under a name that no certificate contains.
        ask(url.replace("localhost", "127.1"))
    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.said
