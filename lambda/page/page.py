"""Serves the page and its sign-in, with the standard library only: it holds nothing and may do nothing.

`GET /rag` is the page, `GET /rag/{file+}` a file of `web/` or `settings.json`, `POST /rag/session` finishes a sign-in.
`/rag` has no slash at its end, so the page names its files `rag/<file>`, and the API beside it `ask`, `documents`.

Environment variables: `ENVIRONMENT`, `SIGN_IN` (`cognito` or `api-key`), and for Cognito `AUTHORIZE_URL`, `LOGOUT_URL`,
`TOKEN_URL`, `CLIENT_ID`. The API must pass every media type as binary (`binaryMediaTypes: */*`): files come in base64.
"""

import base64
import binascii
import gzip
import hashlib
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain; charset=utf-8",
}
# Compressing again what is compressed already costs time at both ends.
_COMPRESSED = {".png", ".ico"}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# `openid` alone puts all attributes that the client may read into the ID token.
SCOPE = "openid"
SESSION = ("id_token", "refresh_token", "expires_in")
SESSION_BYTES = 8192
TOKEN_SECONDS = 10
TRY_AGAIN_SECONDS = 5

Response = dict[str, Any]


@dataclass(frozen=True)
class File:
    """A file as it is sent: `compressed` is None where gzip would gain nothing."""

    media_type: str
    content: bytes
    compressed: bytes | None
    tag: str


class Failure(Exception):
    """What a caller is told in one sentence, with an HTTP status."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


def handler(event: dict[str, Any], _context: Any) -> Response:
    """The function's entry point: a REST API's proxy event in, its proxy response out."""
    request_id = event["requestContext"]["requestId"]
    try:
        return _routed(event)
    except Failure as failure:
        if failure.status >= 500:
            _log(failure.message, request_id)
        extra = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
        return _json(failure.status, {"message": failure.message, "request_id": request_id}, extra)


def files(folder: Path) -> dict[str, File]:
    """All files under `folder` that have a type to serve, by their path relative to it; others are not served."""
    return {
        path.relative_to(folder).as_posix(): _file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in TYPES
    }


def _routed(event: Mapping[str, Any]) -> Response:
    resource, method = event["resource"], event["httpMethod"]
    if (method, resource) == ("POST", "/rag/session"):
        return _session(event)
    if method == "GET" and resource == "/rag":
        # With a slash at its end the page would look for its files one folder too deep.
        return _moved() if event["path"].endswith("/") else _sent(_FILES.get("index.html"), event)
    if method == "GET" and resource == "/rag/{file+}":
        name = (event.get("pathParameters") or {}).get("file", "")
        if name == "settings.json":
            return _json(200, settings())
        return _moved() if name == "" else _sent(_FILES.get(name) if name != "index.html" else None, event)
    raise Failure(404, "There is nothing at this address; the page is at /rag.")


def settings() -> dict[str, str]:
    """What the page must know: `api` is where the API is, seen from the page."""
    return {
        "environment": os.environ.get("ENVIRONMENT", ""),
        "sign_in": os.environ.get("SIGN_IN", ""),
        "api": "",
        "authorize_url": os.environ.get("AUTHORIZE_URL", ""),
        "logout_url": os.environ.get("LOGOUT_URL", ""),
        "client_id": os.environ.get("CLIENT_ID", ""),
        "scope": SCOPE,
    }


def _session(event: Mapping[str, Any]) -> Response:
    token_url = os.environ.get("TOKEN_URL", "")
    if not token_url.startswith("https://"):
        raise Failure(404, "This environment has no sign-in page; use its API key.")
    given = _given(event)
    form = {"client_id": os.environ["CLIENT_ID"]}
    if "refresh_token" in given:
        form |= {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    else:
        context = event["requestContext"]
        form |= {
            "grant_type": "authorization_code",
            "code": given["code"],
            "code_verifier": given["verifier"],
            # API Gateway says where the request arrived, which no caller can choose; `path` holds the stage.
            "redirect_uri": f"https://{context['domainName']}{context['path'].removesuffix('/session')}",
        }
    tokens = _exchanged(token_url, form)
    return _json(200, {key: tokens[key] for key in SESSION if key in tokens})


def _given(event: Mapping[str, Any]) -> dict[str, str]:
    """The body: `{"code", "verifier"}` or `{"refresh_token"}`, nothing else."""
    if _header(event, "content-type").partition(";")[0].strip().lower() != "application/json":
        raise Failure(415, "The body must be JSON: send it with Content-Type application/json.")
    body = event.get("body") or ""
    if len(body) > SESSION_BYTES:
        raise Failure(413, f"The body is larger than {SESSION_BYTES} bytes, which no sign-in needs.")
    try:
        given = json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except (ValueError, RecursionError, binascii.Error):
        raise Failure(400, "The body is not JSON.") from None
    if not isinstance(given, dict) or set(given) not in ({"code", "verifier"}, {"refresh_token"}):
        raise Failure(400, 'The body must be {"code", "verifier"} or {"refresh_token"}, and nothing else.')
    for key, value in given.items():
        if not isinstance(value, str) or not value or not value.isascii():
            raise Failure(400, f"`{key}` must be the text that the sign-in page or an earlier session gave.")
    return given


def _exchanged(token_url: str, form: Mapping[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - https, see _session
        token_url,
        urllib.parse.urlencode(form).encode(),
        {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TOKEN_SECONDS) as response:  # noqa: S310
            tokens = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error) from None
    except (OSError, ValueError) as error:
        message = f"The sign-in service did not answer ({type(error).__name__}). Try again in a moment."
        raise Failure(503, message, TRY_AGAIN_SECONDS) from None
    if not isinstance(tokens, dict) or "id_token" not in tokens:
        raise Failure(502, "The sign-in service answered without an ID token: the client must allow scope openid.")
    return tokens


def _refused(error: urllib.error.HTTPError) -> Failure:
    """Cognito's errors are those of RFC 6749, section 5.2."""
    try:
        reason = json.load(error).get("error", "")
    except (OSError, ValueError, AttributeError):
        reason = ""
    if reason == "invalid_grant":
        return Failure(401, "This sign-in is used up or has expired. Sign in again.")
    if error.code == 429 or error.code >= 500:
        message = f"The sign-in service is not available ({error.code}). Try again in a moment."
        return Failure(503, message, TRY_AGAIN_SECONDS)
    known = reason if reason in ("invalid_request", "invalid_client", "unauthorized_client") else str(error.code)
    return Failure(500, f"The sign-in service refused this environment's client ({known}): its settings are wrong.")


def _sent(file: File | None, event: Mapping[str, Any]) -> Response:
    if file is None:
        raise Failure(404, "There is no such file; the page is at /rag.")
    zipped = file.compressed if _takes_gzip(_header(event, "accept-encoding")) else None
    tag = f'"{file.tag}-gzip"' if zipped else f'"{file.tag}"'
    headers = {
        # Names of files do not change with their content, so they are asked for each time, and mostly answered 304.
        "Cache-Control": "no-cache",
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if _known(tag, _header(event, "if-none-match")):
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


def _header(event: Mapping[str, Any], name: str) -> str:
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == name:
            return str(value)
    return ""


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


def _file(path: Path) -> File:
    content = path.read_bytes()
    zipped = None if path.suffix in _COMPRESSED else gzip.compress(content, mtime=0)
    if zipped and len(zipped) >= len(content):
        zipped = None
    return File(TYPES[path.suffix], content, zipped, hashlib.sha256(content).hexdigest()[:32])


def _folder() -> Path:
    """`web/` beside this file in the function's package, at the top of a checkout otherwise."""
    here = Path(__file__).resolve().parent
    return here / "web" if (here / "web").is_dir() else here.parents[1] / "web"


def _log(message: str, request_id: str) -> None:
    print(json.dumps({"level": "ERROR", "service": "page", "message": message, "request_id": request_id}))


_FILES = files(_folder())
