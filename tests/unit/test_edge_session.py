"""The function session: sign-in at the pool for a browser, which sends requests only to its own origin."""

import json
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import session
from sandbox.certificates import Certificates
from tests.unit.edge_requests import REQUEST_ID, event

TOKENS = {"id_token": "the-id-token", "refresh_token": "the-refresh-token", "expires_in": 3600}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_ID", "client-1")
    monkeypatch.setenv("TOKEN_URL", "https://pool.invalid/oauth2/token")


@dataclass
class Pool:
    """A token endpoint with TLS: its received requests, and its answers."""

    url: str = ""
    status: int = 200
    answer: Any = field(default_factory=lambda: {**TOKENS, "access_token": "the-access-token", "token_type": "Bearer"})
    forms: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    certificates = Certificates(tmp_path_factory.mktemp("tls"))
    certificates.make()
    return certificates


@pytest.fixture
def pool(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    pool = Pool()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            pool.paths.append(self.path)
            pool.forms.append(dict(urllib.parse.parse_qsl(body, strict_parsing=True)))
            self.send_response(pool.status)
            self.end_headers()
            self.wfile.write(pool.answer if isinstance(pool.answer, bytes) else json.dumps(pool.answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            """A token endpoint must not write anything into a log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate("server"), certificates.key("server"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    pool.url = f"https://127.0.0.1:{server.server_address[1]}/oauth2/token"
    monkeypatch.setenv("TOKEN_URL", pool.url)
    monkeypatch.setenv("REVOKE_URL", pool.url.replace("token", "revoke"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    yield pool
    server.shutdown()
    server.server_close()


def posted(body: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    response = session.handler(event("POST", "/rag/session", body, **more), None)
    assert response["headers"]["Cache-Control"] == "no-store"
    answer: dict[str, Any] = json.loads(response["body"])
    return response["statusCode"], answer


def test_a_code_becomes_a_session_for_the_address_that_the_gateway_names(pool: Pool) -> None:
    body = json.dumps({"code": "the-code", "verifier": "the-verifier"}).encode()
    assert posted(body, headers={"content-type": "application/json", "Host": "evil.invalid"}) == (200, TOKENS)
    assert pool.forms == [
        {
            "grant_type": "authorization_code",
            "client_id": "client-1",
            "code": "the-code",
            "code_verifier": "the-verifier",
            "redirect_uri": "https://api.invalid/unit/rag",
        }
    ]


@pytest.mark.parametrize("page_of", ["https://help.example.com/rag", "https://api.invalid/unit/rag"])
def test_a_code_may_have_been_sent_to_another_address_of_the_page(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, page_of: str
) -> None:
    monkeypatch.setenv("ADDRESSES", "https://one.example.com/rag https://help.example.com/rag")
    assert posted({"code": "c", "verifier": "v", "page": page_of}) == (200, TOKENS)
    assert pool.forms[0]["redirect_uri"] == page_of


def test_a_code_for_a_page_of_somebody_else_is_not_sent_on(pool: Pool) -> None:
    status, problem = posted({"code": "c", "verifier": "v", "page": "https://evil.invalid/rag"})
    assert (status, pool.forms) == (400, [])
    assert "assistant.addresses" in problem["message"]


def test_the_limit_is_that_of_the_body_and_not_of_its_base64(pool: Pool) -> None:
    assert posted(json.dumps({"refresh_token": "x" * 8000}).encode())[0] == 200
    assert posted(json.dumps({"refresh_token": "x" * 8200}).encode())[0] == 413


def test_signing_out_gives_the_refresh_token_back(pool: Pool) -> None:
    pool.answer = b""
    assert posted({"sign_out": "old"}) == (200, {})
    assert (pool.paths, pool.forms) == (["/oauth2/revoke"], [{"client_id": "client-1", "token": "old"}])


def test_a_refresh_token_becomes_a_session_without_another_one(pool: Pool) -> None:
    pool.answer = {"id_token": "new", "expires_in": 60}
    assert posted({"refresh_token": "old"}) == (200, {"id_token": "new", "expires_in": 60})
    assert pool.forms == [{"grant_type": "refresh_token", "client_id": "client-1", "refresh_token": "old"}]


@pytest.mark.parametrize(
    ("status", "answer", "code", "words"),
    [
        (400, {"error": "invalid_grant"}, 401, "Sign in again."),
        (400, {"error": "invalid_client", "error_description": "the-code"}, 500, "(invalid_client)"),
        (400, {"error": "the-code"}, 500, "(400)"),
        (404, b"<html>", 500, "(404)"),
        (429, b"", 503, "Try again"),
        (500, b"", 503, "Try again"),
        (200, b"<html>", 503, "did not answer"),
        (200, {"access_token": "the-access-token"}, 502, "sent no ID token"),
        (200, [], 502, "sent no ID token"),
    ],
)
def test_a_refused_sign_in_is_one_sentence(
    pool: Pool, capsys: pytest.CaptureFixture[str], status: int, answer: Any, code: int, words: str
) -> None:
    pool.status, pool.answer = status, answer
    got, problem = posted({"code": "the-code", "verifier": "the-verifier"})
    assert got == code
    assert words in problem["message"]
    assert problem["request_id"] == REQUEST_ID
    log = capsys.readouterr().out
    assert bool(log) == (code >= 500)
    for secret in ("the-code", "the-verifier", "the-access-token", "127.0.0.1"):
        assert secret not in log + json.dumps(problem)


def test_a_token_endpoint_that_nobody_vouches_for_or_that_is_gone_is_not_used(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    response = session.handler(event("POST", "/rag/session", {"refresh_token": "old"}), None)
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (503, "5")
    assert pool.forms == []
    monkeypatch.setenv("TOKEN_URL", "https://127.0.0.1:1/oauth2/token")
    assert posted({"refresh_token": "old"})[0] == 503


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/oauth2/token", "file:///etc/passwd"])
def test_only_a_token_endpoint_with_tls_is_asked(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TOKEN_URL", url)
    assert posted({"refresh_token": "old"})[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[" * 5000, 400),
        (b"\xff", 400),
        ([], 400),
        ({}, 400),
        ({"code": "c"}, 400),
        ({"code": "c", "verifier": "v", "refresh_token": "r"}, 400),
        ({"code": "c", "verifier": "v", "redirect_uri": "https://evil.invalid"}, 400),
        ({"code": 5, "verifier": "v"}, 400),
        ({"refresh_token": ""}, 400),
        ({"refresh_token": "x" * 9000}, 413),
    ],
)
def test_a_session_asked_for_in_another_way_is_refused_unsent(pool: Pool, body: Any, status: int) -> None:
    got, problem = posted(body)
    assert got == status
    assert problem["message"].endswith(".")
    assert pool.forms == []


def test_a_form_of_another_site_gets_no_session(pool: Pool) -> None:
    headers = {"Content-Type": "text/plain"}
    got, problem = posted('{"refresh_token": "old"}', headers=headers)
    assert got == 415
    assert "application/json" in problem["message"]
    assert pool.forms == []
