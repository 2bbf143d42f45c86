"""A request to the domain of a user pool, and the sign-in page that answers it."""

import html
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode

from sandbox.cloud.factor_steps import Reply

COOKIE = "cognito"
PROVIDER = "identity_provider"
# The parameters of /oauth2/authorize that the sign-in page passes on.
CARRIED = (
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "nonce",
)
Parameters = dict[str, list[str]]


@dataclass(frozen=True)
class SignInRequest:
    """A request to the domain of a pool.

    `base` is the domain's path on the gateway, `prefix` the domain's prefix. `session` is the value of its cookie.
    """

    method: str
    path: str
    base: str
    query_string: str
    headers: dict[str, str]
    body: bytes
    pool_id: str
    pool: dict[str, Any]
    prefix: str

    @property
    def query(self) -> Parameters:
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def form(self) -> Parameters:
        return parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)

    @property
    def session(self) -> str:
        return self.cookie(COOKIE)

    def cookie(self, name: str) -> str:
        cookie = SimpleCookie(self.headers.get("cookie", "")).get(name)
        return cookie.value if cookie else ""


def here(reply: Reply, request: SignInRequest) -> Reply:
    """MiniStack's page with two changes: the form posts to this domain, and screen readers announce the message.

    After the form for the user name come links to the client's other identity providers.
    """
    status, headers, body = reply
    if b'name="username"' in body:
        body = body.replace(b"</form>", b"</form>" + _providers(request).encode())
    body = body.replace(b'action="/login"', f'action="{request.base}/login"'.encode())
    return status, headers, body.replace(b'<div class="error">', b'<div class="error" role="alert">')


def _providers(request: SignInRequest) -> str:
    given = {key: values[0] for key, values in (request.query or request.form).items() if key in CARRIED}
    client = request.pool["_clients"].get(given.get("client_id", "")) or {}
    names = [name for name in client.get("SupportedIdentityProviders", []) if name != "COGNITO"]
    links = [
        f'<p><a href="{html.escape(f"{request.base}/oauth2/authorize?{urlencode({**given, PROVIDER: name})}")}">'
        f"Continue with {html.escape(name)}</a></p>"
        for name in names
    ]
    return "".join(links)


def first_value(parameters: Parameters, name: str) -> str:
    """The first value of the parameter, or an empty string."""
    return parameters.get(name, [""])[0]
