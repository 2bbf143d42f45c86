"""Signs in and out at the user pool for a browser that calls only one origin: it passes codes and tokens on."""

import base64
import binascii
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

SESSION = ("id_token", "refresh_token", "expires_in")
SESSION_BYTES = 8192
TOKEN_SECONDS = 10
TRY_AGAIN_SECONDS = 5
# The sets of members that a browser may send. `page` is the address of the page in the browser.
FORMS = (
    {"code", "verifier"},
    {"code", "verifier", "page"},
    {"refresh_token"},
    {"refresh_token", "second_factor"},
    {"sign_out"},
)


# The causes of the API, by status; the page has a sentence for each in its language.
CAUSES = {
    400: "invalid-request",
    401: "not-signed-in",
    404: "not-found",
    413: "body-too-large",
    415: "body-not-json",
    500: "request-refused",
    502: "answer-unusable",
    503: "sign-in-unavailable",
}


class SignInFailure(Exception):
    """An error for the caller: one sentence, an HTTP status, and a code for the cause, which never changes."""

    def __init__(self, status: int, message: str, retry_after: int | None = None, cause: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after
        self.cause = cause or CAUSES[status]


def session(event: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `POST /rag/session`: tokens for a code or a refresh token, or an empty object for a sign-out.

    With `second_factor`, it is the answer of that function. Raises SignInFailure.
    """
    if not os.environ.get("TOKEN_URL", "").startswith("https://"):
        raise SignInFailure(404, "This environment has no sign-in page; use its API key.")
    given = _given(event)
    form = {"client_id": os.environ["CLIENT_ID"]}
    if "sign_out" in given:
        # Both URLs have the pool's address, so the check above is enough.
        _answer_of(os.environ["REVOKE_URL"], form | {"token": given["sign_out"]})
        return {}
    if "refresh_token" in given:
        form |= {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    else:
        form |= {
            "grant_type": "authorization_code",
            "code": given["code"],
            "code_verifier": given["verifier"],
            "redirect_uri": _page(event, given.get("page")),
        }
    tokens = _answer_of(os.environ["TOKEN_URL"], form)
    if "second_factor" in given:
        return _second_factor(tokens, given["second_factor"])
    if not isinstance(tokens, dict) or "id_token" not in tokens:
        raise SignInFailure(502, "The sign-in service sent no ID token. The client must allow the scope openid.")
    return {key: tokens[key] for key in SESSION if key in tokens}


def _second_factor(tokens: Any, wanted: str) -> dict[str, Any]:
    if not os.environ.get("POOL_API"):
        raise SignInFailure(404, "Nobody chooses a second factor here: assistant.second_factor is not optional.")
    # Imported here, because few people set up a second factor.
    from second_factor import second_factor

    return second_factor(str((tokens or {}).get("access_token")), wanted)


def _page(event: Mapping[str, Any], said: str | None) -> str:
    """The address of the page to which the code was sent: `said`, or by default the address of this request.

    Raises SignInFailure if `said` is not an address of the page.
    """
    context = event["requestContext"]
    # API Gateway writes these values of the request, so no caller can choose them; `path` includes the stage.
    here = f"https://{context['domainName']}{context['path'].removesuffix('/session')}"
    if said is not None and said not in (here, *os.environ.get("ADDRESSES", "").split()):
        raise SignInFailure(400, "This address of the page has no sign-in: add it to assistant.addresses.")
    return said or here


def _given(event: Mapping[str, Any]) -> dict[str, str]:
    """The body, with exactly the members of one of FORMS. Raises SignInFailure."""
    if header(event, "content-type").partition(";")[0].strip().lower() != "application/json":
        raise SignInFailure(415, "The body must be JSON. Send it with Content-Type application/json.")
    body = event.get("body") or ""
    try:
        sent = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
        if len(sent) > SESSION_BYTES:
            raise SignInFailure(413, f"The body is larger than {SESSION_BYTES} bytes, the limit for a sign-in.")
        given = json.loads(sent)
    except (ValueError, RecursionError, binascii.Error):
        raise SignInFailure(400, "The body is not JSON.") from None
    if not isinstance(given, dict) or set(given) not in FORMS:
        raise SignInFailure(
            400,
            'The body must be only {"code", "verifier", "page"}, {"refresh_token", "second_factor"}, {"refresh_token"} '
            'or {"sign_out"}.',
        )
    for key, value in given.items():
        if not isinstance(value, str) or not value or not value.isascii():
            raise SignInFailure(400, f"`{key}` must be the string from the sign-in page or an earlier session.")
    return given


def _answer_of(url: str, form: Mapping[str, str]) -> Any:
    """The JSON answer of the pool; None if it is empty. Raises SignInFailure."""
    request = urllib.request.Request(  # noqa: S310 - https, see session
        url,
        urllib.parse.urlencode(form).encode(),
        {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )
    return answered(request, lambda answer: json.loads(answer) if answer.strip() else None, _refused)


def answered(
    request: urllib.request.Request,
    read: Callable[[bytes], Any],
    refused: Callable[[urllib.error.HTTPError], SignInFailure],
) -> Any:
    """The answer of the pool, parsed by `read`. Raises the failure that `refused` returns, or another SignInFailure."""
    try:
        with urllib.request.urlopen(request, timeout=TOKEN_SECONDS) as response:  # noqa: S310 - https, see session
            return read(response.read())
    except urllib.error.HTTPError as error:
        with error:
            raise refused(error) from None
    except (OSError, ValueError) as error:
        message = f"The sign-in service did not answer ({type(error).__name__}). Try again in a moment."
        raise SignInFailure(503, message, TRY_AGAIN_SECONDS) from None


def _refused(error: urllib.error.HTTPError) -> SignInFailure:
    """The failure for an error of Cognito, which has the form of RFC 6749, section 5.2."""
    try:
        reason = json.load(error).get("error", "")
    except (OSError, ValueError, AttributeError):
        reason = ""
    if reason == "invalid_grant":
        return SignInFailure(401, "This sign-in was already used or has expired. Sign in again.")
    if error.code == 429 or error.code >= 500:
        message = f"The sign-in service is not available ({error.code}). Try again in a moment."
        return SignInFailure(503, message, TRY_AGAIN_SECONDS)
    known = reason if reason in ("invalid_request", "invalid_client", "unauthorized_client") else str(error.code)
    return SignInFailure(
        500, f"The sign-in service refused this environment's client ({known}), because its settings are wrong."
    )


def header(event: Mapping[str, Any], name: str) -> str:
    """The value of the request's header `name` (lower case); the request may write it in any case. Empty if missing."""
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == name:
            return str(value)
    return ""
