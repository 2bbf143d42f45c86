"""The page function, as in its package: files with exact types and strict headers, settings, and sign-in."""

import base64
import gzip
import hashlib
import importlib.util
import json
import re
import shutil
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from one_piece import Unbundled, bundle, one_piece
from sandbox.certificates import Certificates
from tests.unit.edge_requests import REQUEST_ID, event

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "lambda" / "page" / "page.py"
ICON = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PAGE = """<!doctype html><html lang="{{tag}}"><link rel="stylesheet" href="rag/style.css">
<script type="module" src="rag/app.js"></script>"""
STYLE = "p { color: inherit }\n" * 50
TOKENS = {"id_token": "the-id-token", "refresh_token": "the-refresh-token", "expires_in": 3600}


def loaded(source: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("page", source)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    asset = tmp_path_factory.mktemp("asset")
    shutil.copy(SOURCE, asset)
    web = asset / "web"
    (web / "deep").mkdir(parents=True)
    (web / "index.html").write_text(PAGE)
    (web / "languages").mkdir()
    for tag, name in {"en": "English", "de": "Deutsch"}.items():
        sentences = {"name": name, "direction": "ltr", "list.more": name}
        (web / "languages" / f"{tag}.json").write_text(json.dumps(sentences))
    (web / "style.css").write_text(STYLE)
    (web / "app.js").write_text("'use strict'\n" * 20)
    (web / "deep" / "icon.png").write_bytes(ICON)
    (web / "notes.md").write_text("not to be served")
    (asset / "secret.txt").write_text("beside the files")
    return loaded(asset / "page.py")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "unit")
    monkeypatch.setenv("SIGN_IN", "cognito")
    monkeypatch.setenv("CLIENT_ID", "client-1")
    monkeypatch.setenv("AUTHORIZE_URL", "https://pool.invalid/oauth2/authorize")
    monkeypatch.setenv("LOGOUT_URL", "https://pool.invalid/logout")
    monkeypatch.setenv("TOKEN_URL", "https://pool.invalid/oauth2/token")


def get(page: ModuleType, name: str | None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    if name is None:
        request = event("GET", "/rag", headers=headers)
    else:
        request = event("GET", f"/rag/{name}", headers=headers, resource="/rag/{file+}", pathParameters={"file": name})
    response: dict[str, Any] = page.handler(request, None)
    return response


def content(response: dict[str, Any]) -> bytes:
    body: str = response["body"]
    return base64.b64decode(body) if response["isBase64Encoded"] else body.encode()


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("style.css", "text/css; charset=utf-8", STYLE.encode()),
        ("app.js", "text/javascript; charset=utf-8", b"'use strict'\n" * 20),
        ("deep/icon.png", "image/png", ICON),
    ],
)
def test_a_file_is_sent_as_it_is_with_its_exact_type(
    page: ModuleType, name: str | None, media_type: str, expected: bytes
) -> None:
    response = get(page, name)
    assert response["statusCode"] == 200
    assert response["headers"]["Content-Type"] == media_type
    assert "Content-Encoding" not in response["headers"]
    assert content(response) == expected


def test_every_answer_carries_the_strict_headers(page: ModuleType) -> None:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    session = page.handler(event("POST", "/rag/session", "{}"), None)
    whole = get(page, None)["headers"].pop("Content-Security-Policy")
    styled, scripted = re.findall(r"'sha256-[^']+'", whole)[::-1]
    assert whole == policy.replace("script-src 'self'", f"script-src {scripted}").replace(
        "style-src 'self'", f"style-src {styled}"
    )
    for response in (
        get(page, "app.js"),
        get(page, "nothing.js"),
        get(page, "settings.json"),
        session,
    ):
        headers = response["headers"]
        assert headers["Content-Security-Policy"] == policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] in ("no-cache", "no-store")


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_text_is_compressed_for_clients_that_accept_it(page: ModuleType, accepted: str, zipped: bool) -> None:
    response = get(page, "style.css", {"accept-encoding": accepted})
    assert response["headers"].get("Content-Encoding") == ("gzip" if zipped else None)
    assert response["headers"]["Vary"] == "Accept-Encoding"
    assert (gzip.decompress(content(response)) if zipped else content(response)) == STYLE.encode()
    if zipped:
        assert len(content(response)) < len(STYLE)


def test_the_page_comes_in_the_readers_language(page: ModuleType) -> None:
    german = get(page, None, {"Accept-Language": "de-AT, en;q=0.5"})
    english = get(page, None, {"Accept-Language": "de", "Cookie": "language=en"})
    assert content(german).startswith(b'<!doctype html><html lang="de">')
    assert content(english).startswith(b'<!doctype html><html lang="en">')
    assert german["headers"]["Content-Language"] == "de"
    assert german["headers"]["Vary"] == "Accept-Encoding, Accept-Language, Cookie"
    assert german["headers"]["ETag"] != english["headers"]["ETag"]
    assert german["headers"]["Content-Security-Policy"] == english["headers"]["Content-Security-Policy"]


def test_what_compression_does_not_make_smaller_is_sent_as_it_is(page: ModuleType) -> None:
    assert "Content-Encoding" not in get(page, "deep/icon.png", {"Accept-Encoding": "gzip"})["headers"]


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_a_file_that_the_client_has_is_not_sent_again(page: ModuleType, form: str) -> None:
    tag = get(page, "style.css")["headers"]["ETag"]
    zipped = get(page, "style.css", {"Accept-Encoding": "gzip"})["headers"]["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert zipped != tag, "two representations have two tags"
    again = get(page, "style.css", {"If-None-Match": form.format(tag=tag)})
    assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", tag)
    assert get(page, "style.css", {"If-None-Match": '"other"'})["statusCode"] == 200


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "notes.md", "../secret.txt", "..%2fsecret.txt", "deep/../../secret.txt", "/etc/passwd", "index.html",
     "deep", "style.css/", "STYLE.CSS", "style.css\0"],
)  # fmt: skip
def test_nothing_but_the_files_of_the_page_is_served(page: ModuleType, name: str) -> None:
    response = get(page, name)
    assert response["statusCode"] == 404
    body = json.loads(response["body"])
    message = "This file does not exist. The page is at /rag."
    assert body == {"message": message, "cause": "not-found", "request_id": REQUEST_ID}


@settings(max_examples=100, deadline=None)
@given(name=st.text(max_size=30))
def test_no_name_reaches_beyond_the_list(page: ModuleType, name: str) -> None:
    served = {"app.js", "style.css", "deep/icon.png", "settings.json", ""}
    assert get(page, name)["statusCode"] == 404 or name in served


def test_with_a_slash_at_its_end_the_page_moves_to_where_its_files_are_found(page: ModuleType) -> None:
    for request in (event("GET", "/rag/", resource="/rag"), event("GET", "/rag/", resource="/rag/{file+}")):
        response = page.handler(request, None)
        assert (response["statusCode"], response["headers"]["Location"]) == (308, "../rag")


def test_the_page_of_the_checkout_is_in_one_piece_that_its_policy_allows() -> None:
    response = get(loaded(SOURCE), None)
    html, policy = content(response).decode(), response["headers"]["Content-Security-Policy"]
    assert re.findall(r'(?:src|href)="(?!data:|#)', html) == []
    within = re.findall(r"<(style|script)(?: type=\"module\")?>(.*?)</\1>", html, re.DOTALL)
    assert [kind for kind, _ in within] == ["style", "script", "script"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for _, text in within]
    later = base64.b64encode(hashlib.sha256((ROOT / "web" / "temml" / "temml.min.js").read_bytes()).digest()).decode()
    assert re.findall(r"'sha256-([^']+)'", policy) == [*hashes[1:], later, hashes[0]]
    modules = {path.stem for path in (ROOT / "web").glob("*.js")} - {"theme"}
    assert set(re.findall(r"^const \$(\w+) = ", within[2][1], re.MULTILINE)) == modules


def test_the_library_for_formulas_is_the_one_that_is_pinned() -> None:
    copied, package = ROOT / "web" / "temml", ROOT / "node_modules" / "temml"
    assert (copied / "temml.min.js").read_bytes() == (package / "dist" / "temml.min.js").read_bytes()
    assert (copied / "LICENSE.txt").read_bytes() == (package / "LICENSE").read_bytes()


MODULES = {
    "app.js": 'import { a, b } from "./one.js";\nimport { b as c } from "./two.js";\n',
    "one.js": 'import { b } from "./two.js";\nexport const a = b + 1;\nexport { b };\n',
    "two.js": "export const b = 1;\n",
    "good.js": 'import { a } from "./good-too.js";\nconst b = 2;\nexport async function* c() {\n  yield a + b;\n}\n',
    "good-too.js": "const b = 1;\nexport class a {}\n",
    "round.js": 'import { a } from "./about.js";\nexport const b = a;\n',
    "about.js": 'import { b } from "./round.js";\nexport const a = b;\n',
    "late.js": 'const a = await import("./two.js");\n',
    "meta.js": "const a = import.meta.url;\n",
    "all.js": 'import * as a from "./two.js";\n',
}


def test_modules_become_one_and_keep_their_own_names() -> None:
    assert bundle("good.js", MODULES.__getitem__) == (
        "const $good_too = (() => {\nconst b = 1;\nclass a {}\nreturn { a };\n})();\n"
        "const $good = (() => {\nconst { a } = $good_too;\nconst b = 2;\n"
        "async function* c() {\n  yield a + b;\n}\nreturn { c };\n})();\n"
    )


@pytest.mark.parametrize("entry", ["app.js", "one.js", "round.js", "late.js", "meta.js", "all.js"])
def test_a_module_of_another_form_is_refused(entry: str) -> None:
    with pytest.raises(Unbundled, match=r"\.js"):
        bundle(entry, MODULES.__getitem__)


def test_nothing_ends_what_is_within_the_page() -> None:
    with pytest.raises(Unbundled, match="</script"):
        one_piece('<script src="rag/x.js"></script>', lambda _: "const a = '</script>';")


def test_the_settings_tell_the_page_how_to_sign_in(page: ModuleType) -> None:
    response = get(page, "settings.json")
    assert response["headers"]["Content-Type"] == "application/json"
    assert json.loads(content(response)) == {
        "environment": "unit",
        "sign_in": "cognito",
        "api": "",
        "authorize_url": "https://pool.invalid/oauth2/authorize",
        "logout_url": "https://pool.invalid/logout",
        "client_id": "client-1",
        "scope": "openid",
        "second_factor": False,
        "visible_seconds": 0,
    }


@dataclass
class Pool:
    """A token endpoint with TLS: what it was sent, and what it answers."""

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
            """Nothing of a token endpoint belongs into a log."""

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


def session(page: ModuleType, body: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    response = page.handler(event("POST", "/rag/session", body, **more), None)
    assert response["headers"]["Cache-Control"] == "no-store"
    answer: dict[str, Any] = json.loads(response["body"])
    return response["statusCode"], answer


def test_a_code_becomes_a_session_for_the_address_that_the_gateway_names(page: ModuleType, pool: Pool) -> None:
    body = json.dumps({"code": "the-code", "verifier": "the-verifier"}).encode()
    assert session(page, body, headers={"content-type": "application/json", "Host": "evil.invalid"}) == (200, TOKENS)
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
    page: ModuleType, pool: Pool, monkeypatch: pytest.MonkeyPatch, page_of: str
) -> None:
    monkeypatch.setenv("ADDRESSES", "https://one.example.com/rag https://help.example.com/rag")
    assert session(page, {"code": "c", "verifier": "v", "page": page_of}) == (200, TOKENS)
    assert pool.forms[0]["redirect_uri"] == page_of


def test_a_code_for_a_page_of_somebody_else_is_not_sent_on(page: ModuleType, pool: Pool) -> None:
    status, problem = session(page, {"code": "c", "verifier": "v", "page": "https://evil.invalid/rag"})
    assert (status, pool.forms) == (400, [])
    assert "assistant.addresses" in problem["message"]


def test_signing_out_gives_the_refresh_token_back(page: ModuleType, pool: Pool) -> None:
    pool.answer = b""
    assert session(page, {"sign_out": "old"}) == (200, {})
    assert (pool.paths, pool.forms) == (["/oauth2/revoke"], [{"client_id": "client-1", "token": "old"}])


def test_a_refresh_token_becomes_a_session_without_another_one(page: ModuleType, pool: Pool) -> None:
    pool.answer = {"id_token": "new", "expires_in": 60}
    assert session(page, {"refresh_token": "old"}) == (200, {"id_token": "new", "expires_in": 60})
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
    page: ModuleType, pool: Pool, capsys: pytest.CaptureFixture[str], status: int, answer: Any, code: int, words: str
) -> None:
    pool.status, pool.answer = status, answer
    got, problem = session(page, {"code": "the-code", "verifier": "the-verifier"})
    assert got == code
    assert words in problem["message"]
    assert problem["request_id"] == REQUEST_ID
    log = capsys.readouterr().out
    assert bool(log) == (code >= 500)
    for secret in ("the-code", "the-verifier", "the-access-token", "127.0.0.1"):
        assert secret not in log + json.dumps(problem)


def test_a_token_endpoint_that_nobody_vouches_for_or_that_is_gone_is_not_used(
    page: ModuleType, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    response = page.handler(event("POST", "/rag/session", {"refresh_token": "old"}), None)
    assert (response["statusCode"], response["headers"]["Retry-After"]) == (503, "5")
    assert pool.forms == []
    monkeypatch.setenv("TOKEN_URL", "https://127.0.0.1:1/oauth2/token")
    assert session(page, {"refresh_token": "old"})[0] == 503


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/oauth2/token", "file:///etc/passwd"])
def test_only_a_token_endpoint_with_tls_is_asked(page: ModuleType, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TOKEN_URL", url)
    assert session(page, {"refresh_token": "old"})[0] == 404


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
def test_a_session_asked_for_in_another_way_is_refused_unsent(
    page: ModuleType, pool: Pool, body: Any, status: int
) -> None:
    got, problem = session(page, body)
    assert got == status
    assert problem["message"].endswith(".")
    assert pool.forms == []


def test_a_form_of_another_site_gets_no_session(page: ModuleType, pool: Pool) -> None:
    headers = {"Content-Type": "text/plain"}
    got, problem = session(page, '{"refresh_token": "old"}', headers=headers)
    assert got == 415
    assert "application/json" in problem["message"]
    assert pool.forms == []
