"""A user pool's sign-in page and token endpoint, like Cognito's managed login (RFC 6749, RFC 7636)."""

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from sandbox.certificates import Certificates
from tests.browser.listener import Request, Wire, listening
from tests.totp import matches

CLIENT = "browser-tests"
USER = "reader@example.com"
PASSWORD = "Only-for-tests-1"

_PAGE = """<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>{wrong}
<form method="post" action="/login?{query}"><label>User <input name="username"></label>
<label>Password <input name="password" type="password"></label><button type="submit">Sign in</button></form></html>"""


@dataclass
class Pool:
    """A pool with one user; `codes`, `tokens` and `refreshes` are those that it has issued and still accepts.

    `secret` is that of the user's authenticator app, and `has_app` is whether they sign in with it.
    """

    seconds: int = 3600
    sub: str = "a-person"
    origin: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    refreshes: set[str] = field(default_factory=set)
    signed_out: list[dict[str, str]] = field(default_factory=list)
    revoked: list[dict[str, str]] = field(default_factory=list)
    secret: str = "JBSWY3DPEHPK3PXP"
    has_app: bool = False

    @contextmanager
    def running(self, certificates: Certificates) -> Iterator["Pool"]:
        with listening(certificates, self._answer) as self.origin:
            yield self

    def _answer(self, request: Request, wire: Wire) -> None:
        if request.path == "/oauth2/authorize":
            self._page(wire, request.query)
        elif request.path == "/login":
            self._login(request, wire)
        elif request.path == "/oauth2/token":
            self._token(dict(parse_qsl(request.body.decode())), wire)
        elif request.path == "/oauth2/revoke":
            form = dict(parse_qsl(request.body.decode()))
            self.revoked.append(form)
            self.refreshes.discard(form["token"])
            wire.whole(200, {}, b"")
        elif request.path == "/":
            self._person(request, wire)
        elif request.path == "/logout":
            self.signed_out.append(request.query)
            wire.whole(302, {"Location": request.query["logout_uri"]}, b"")
        else:
            wire.whole(404, {}, b"")

    def _page(self, wire: Wire, query: dict[str, str], wrong: str = "") -> None:
        page = _PAGE.format(query=html.escape(urlencode(query)), wrong=wrong)
        wire.whole(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())

    def _login(self, request: Request, wire: Wire) -> None:
        given, query = dict(parse_qsl(request.body.decode())), request.query
        if (given.get("username"), given.get("password")) != (USER, PASSWORD):
            self._page(wire, query, "<p>Incorrect username or password.</p>")
            return
        if query["client_id"] != CLIENT or query["code_challenge_method"] != "S256":
            wire.whole(400, {}, b"invalid_request")
            return
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        wire.whole(302, {"Location": f"{query['redirect_uri']}?{back}"}, b"")

    def _person(self, request: Request, wire: Wire) -> None:
        """The operations of the pool with which a person changes their second factor."""
        body = request.json()
        if body.pop("AccessToken") != "access":
            wire.json(400, {"__type": "NotAuthorizedException"})
            return
        match request.headers["x-amz-target"].rpartition(".")[2]:
            case "GetUser":
                wire.json(200, {"UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]} if self.has_app else {})
            case "AssociateSoftwareToken":
                wire.json(200, {"SecretCode": self.secret})
            case "VerifySoftwareToken" if not matches(self.secret, body["UserCode"]):
                wire.json(400, {"__type": "EnableSoftwareTokenMFAException"})
            case "SetUserMFAPreference":
                self.has_app = body["SoftwareTokenMfaSettings"]["Enabled"]
                wire.json(200, {})
            case _:
                wire.json(200, {"Status": "SUCCESS"})

    def _token(self, form: dict[str, str], wire: Wire) -> None:
        if form["grant_type"] == "refresh_token":
            granted = form["refresh_token"] in self.refreshes
        else:
            request = self.codes.pop(form["code"], {})
            digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            granted = (request.get("code_challenge"), request.get("redirect_uri")) == (
                digest.decode(),
                form["redirect_uri"],
            )
        if not granted or form["client_id"] != CLIENT:
            wire.json(400, {"error": "invalid_grant"})
            return
        answer: dict[str, str | int] = {
            "id_token": self._id_token(),
            "access_token": "access",
            "expires_in": self.seconds,
        }
        if form["grant_type"] == "authorization_code":
            self.refreshes.add(refresh := secrets.token_urlsafe(16))
            answer["refresh_token"] = refresh
        wire.json(200, answer)

    def _id_token(self) -> str:
        parts = [{"alg": "RS256"}, {"email": USER, "sub": self.sub}, {"jti": secrets.token_hex(8)}]
        token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        self.tokens.add(token)
        return token
