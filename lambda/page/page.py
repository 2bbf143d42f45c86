"""Serves the page and its sign-in, with the standard library only, and without any permission.

`GET /rag` is the page in one piece, in the reader's language and with its settings, `GET /rag/{file+}` a file of `web/`
or `settings.json`, `POST /rag/session` finishes a sign-in. `/rag` has no slash at its end, so the page names its files
`rag/<file>`, and the API beside it `ask`, `documents`.

Environment variables: `ENVIRONMENT`, `SIGN_IN` (`cognito` or `api-key`), and for Cognito `AUTHORIZE_URL`, `LOGOUT_URL`,
`TOKEN_URL`, `REVOKE_URL`, `CLIENT_ID`, and `ADDRESSES`: where else than here the page is, with blanks between them.
`VISIBLE_SECONDS` is how long a search may not find what was stored, 0 unless set. The API must pass every media type as
binary (`binaryMediaTypes: */*`): files come in base64.
"""

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from languages import block, chosen, in_language, languages
from one_piece import allowing, one_piece
from second_factor import SCOPE as CHANGING
from sign_in_session import SCOPE, SignInFailure, header, session

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain; charset=utf-8",
}
# Types that are already compressed.
_COMPRESSED = {".png", ".ico"}

PAGE = "index.html"
# A script that the page fetches when it needs it, and then has in its HTML.
LATER = "temml/temml.min.js"
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY.format(scripts="'self'", styles="'self'"),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Response = dict[str, Any]


@dataclass(frozen=True)
class PageFile:
    """A file as it is sent: `compressed` is None where gzip would gain nothing; `headers` are its own."""

    media_type: str
    content: bytes
    compressed: bytes | None
    tag: str
    headers: Mapping[str, str] = field(default_factory=dict)


def handler(event: dict[str, Any], _context: Any) -> Response:
    """The function's entry point: a REST API's proxy event in, its proxy response out."""
    request_id = event["requestContext"]["requestId"]
    try:
        return _routed(event)
    except SignInFailure as failure:
        if failure.status >= 500:
            _log(failure.message, request_id)
        extra = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
        problem = {"message": failure.message, "cause": failure.cause, "request_id": request_id}
        return _json(failure.status, problem, extra)


def files(folder: Path) -> dict[str, PageFile]:
    """All files under `folder` that have a type to serve, by their path relative to it, except the page.

    Others are not served. The page holds those that it names.
    """
    return {
        path.relative_to(folder).as_posix(): _file(path.suffix, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in TYPES and path != folder / PAGE
    }


class WholePage:
    """The page in one piece, made in a language when somebody first asks for it in that language."""

    def __init__(self, folder: Path) -> None:
        self._languages = languages(folder / "languages")
        self._html, allowed = one_piece((folder / PAGE).read_text(), lambda name: (folder / name).read_text())
        if (folder / LATER).exists():
            allowed["scripts"].append(allowing((folder / LATER).read_text()))
        # What is in a language is no script and no style: the policy is the same for all.
        self._policy = POLICY.format(**{name: " ".join(hashes) or "'none'" for name, hashes in allowed.items()})
        self._made = cache(self._make)

    def for_reader(self, event: Mapping[str, Any]) -> PageFile:
        """The page in the language that the reader has chosen, or that their browser prefers."""
        tag = chosen(self._languages, header(event, "cookie"), header(event, "accept-language"))
        return self._made(tag, block(settings()))

    def _make(self, tag: str, settings_block: str) -> PageFile:
        html = in_language(self._html, self._languages[tag], self._languages, settings=settings_block)
        headers = {
            "Content-Security-Policy": self._policy,
            "Content-Language": tag,
            "Vary": "Accept-Encoding, Accept-Language, Cookie",
        }
        return _file(".html", html.encode(), headers)


def _routed(event: Mapping[str, Any]) -> Response:
    resource, method = event["resource"], event["httpMethod"]
    if (method, resource) == ("POST", "/rag/session"):
        return _json(200, session(event))
    if method == "GET" and resource == "/rag":
        # With a slash at the end, the page would look for its files one folder too deep.
        return _moved() if event["path"].endswith("/") else _sent(_PAGE.for_reader(event), event)
    if method == "GET" and resource == "/rag/{file+}":
        name = (event.get("pathParameters") or {}).get("file", "")
        if name == "settings.json":
            return _json(200, settings())
        return _moved() if name == "" else _sent(_FILES.get(name), event)
    raise SignInFailure(404, "Nothing is at this address. The page is at /rag.")


def settings() -> dict[str, str | int | bool]:
    """The settings of the page: `api` is the API's address relative to the page.

    A search finds a stored document after `visible_seconds`.
    """
    optional = bool(os.environ.get("POOL_API"))
    return {
        "environment": os.environ.get("ENVIRONMENT", ""),
        "sign_in": os.environ.get("SIGN_IN", ""),
        "api": "",
        "authorize_url": os.environ.get("AUTHORIZE_URL", ""),
        "logout_url": os.environ.get("LOGOUT_URL", ""),
        "client_id": os.environ.get("CLIENT_ID", ""),
        "scope": f"{SCOPE} {CHANGING}" if optional else SCOPE,
        "second_factor": optional,
        "visible_seconds": int(os.environ.get("VISIBLE_SECONDS", "0")),
    }


def _sent(file: PageFile | None, event: Mapping[str, Any]) -> Response:
    if file is None:
        raise SignInFailure(404, "This file does not exist. The page is at /rag.")
    zipped = file.compressed if _takes_gzip(header(event, "accept-encoding")) else None
    tag = f'"{file.tag}-gzip"' if zipped else f'"{file.tag}"'
    headers = {
        # File names do not change with the content, so browsers revalidate each time and mostly get a 304.
        "Cache-Control": "no-cache",
        "ETag": tag,
        "Vary": "Accept-Encoding",
        **file.headers,
    }
    if _known(tag, header(event, "if-none-match")):
        return _response(304, headers)
    headers["Content-Type"] = file.media_type
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return _response(200, headers, zipped or file.content)


def _moved() -> Response:
    return _response(308, {"Location": "../rag", "Cache-Control": "no-cache"})


def _json(status: int, content: Mapping[str, Any], extra: Mapping[str, str] | None = None) -> Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **(extra or {})}
    return _response(status, headers, json.dumps(content))


def _response(status: int, headers: Mapping[str, str], body: str | bytes = "") -> Response:
    return {
        "statusCode": status,
        "headers": {**HEADERS, **headers},
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            name, _, weight = parameter.replace(" ", "").partition("=")
            return name != "q" or weight.strip("0.") != ""
    return False


def _known(tag: str, wanted: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in wanted.split(",")]
    return tag in tags or wanted.strip() == "*"


def _file(suffix: str, content: bytes, headers: Mapping[str, str] | None = None) -> PageFile:
    zipped = None if suffix in _COMPRESSED else gzip.compress(content, mtime=0)
    if zipped and len(zipped) >= len(content):
        zipped = None
    return PageFile(TYPES[suffix], content, zipped, hashlib.sha256(content).hexdigest()[:32], headers or {})


def _folder() -> Path:
    """`web/` beside this file in the function's package, at the top of a checkout otherwise."""
    here = Path(__file__).resolve().parent
    return here / "web" if (here / "web").is_dir() else here.parents[1] / "web"


def _log(message: str, request_id: str) -> None:
    print(json.dumps({"level": "ERROR", "service": "page", "message": message, "request_id": request_id}))


_FILES = files(_folder())
_PAGE = WholePage(_folder())
