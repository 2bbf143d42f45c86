"""Managed login: Cognito's pages at the domain of a user pool, here under `/_aws/<domain>/` of the gateway.

GET  /oauth2/authorize   redirects to /login, or at once to the client if the user has signed in within the last hour
GET  /login              the form
POST /login              redirects to the client with a code, or shows the form with a message; before that, a second
                         factor needs its own form, for the code or for the setup
GET  /oauth2/idpresponse the user returns from an OpenID Connect provider (`federation`)
POST /saml2/idpresponse  the user returns from a SAML provider (`federation`)
POST /oauth2/token       tokens for a code or a refresh_token (PKCE is checked)
POST /oauth2/revoke      makes a refresh token invalid
GET  /logout             forgets the sign-in, and redirects to a sign-out URL of the client

Forms, codes and tokens are MiniStack's. MiniStack 1.5.33 serves them for any client on any host, has no sessions, and
lets everyone sign up. At sign-out, it redirects a browser to any URL in the request.
"""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ministack import app
from ministack.services import cognito

from sandbox.cloud.factor_steps import FIELD, FactorSteps, Reply, page
from sandbox.cloud.federation import COOKIE as BEGUN
from sandbox.cloud.federation import SAML_PATH, Federation
from sandbox.cloud.sign_in_request import COOKIE, PROVIDER, SignInRequest, first_value, here
from sandbox.cloud.template import as_bool
from sandbox.cloud.user_pools import styled

PATH = re.compile(r"/_aws/(([a-z0-9-]+)\.auth\.[a-z0-9-]+\.amazoncognito\.com)(/.*)")
SESSION_SECONDS = 3600.0
# The states of users who have finished all steps of their sign-in.
SIGNED_IN = ("CONFIRMED", "EXTERNAL_PROVIDER")
# The longest body: the response of a SAML provider is the largest.
MOST_BYTES = 256 * 1024
MANAGED = 2


def install(gateway: str) -> None:
    """Serves managed login in place of MiniStack's paths, and refuses sign-up if the pool does; once per process."""
    served, logins = app.app, Logins(gateway)

    async def with_sign_in(scope: Any, receive: Any, send: Any) -> None:
        match = PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if match is None and _asks_for_an_icon(scope):
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if match is None:
            await served(scope, receive, send)
            return
        host, prefix, path = match.groups()
        pool_id = cognito._pool_domain_map.get(prefix)
        pool = cognito._get_pool_unscoped(pool_id) if pool_id else None
        if pool is None:
            status, headers, content = page(404, f"No user pool has the domain {prefix}.")
        else:
            given = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
            query = scope.get("query_string", b"").decode()
            body = await _body(receive)
            request = SignInRequest(scope["method"], path, f"/_aws/{host}", query, given, body, pool_id, pool, prefix)
            status, headers, content = await logins.reply(request)
        lines = {"Cache-Control": "no-store", **headers, "Content-Length": str(len(content))}
        encoded = [(name.lower().encode(), value.encode()) for name, value in lines.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": content})

    app.app = with_sign_in
    sign_up = cognito._sign_up

    def _sign_up(data: dict[str, Any]) -> Any:
        pool = cognito._find_pool_by_client_id(data.get("ClientId", ""))[1] or {}
        if as_bool((pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly")):
            sentence = "SignUp is not permitted for this user pool"
            return cognito.error_response_json("NotAuthorizedException", sentence, 400)
        return sign_up(data)

    cognito._sign_up = _sign_up


def _asks_for_an_icon(scope: Any) -> bool:
    """Whether a browser requests a page's icon. A client of S3 that lists the bucket favicon.ico signs its request."""
    path, names = scope.get("path"), {name for name, _ in scope.get("headers", [])}
    return scope["type"] == "http" and path == "/favicon.ico" and b"authorization" not in names


class Logins:
    """Answers requests to every domain. Each cookie belongs to a user who has signed in to a pool."""

    def __init__(self, gateway: str) -> None:
        self._federation = Federation(gateway)
        self._sessions: dict[str, tuple[str, str, float]] = {}
        self._factors = FactorSteps()

    async def reply(self, request: SignInRequest) -> Reply:
        match request.method, request.path:
            case "GET", "/oauth2/authorize" | "/login":
                return self._begun(request)
            case "POST", "/login":
                return self._submitted(request)
            case "POST", "/oauth2/token":
                arguments = request.method, request.path, request.headers, request.body, request.query
                tokens: Reply = await cognito.handle_oauth2_token(*arguments)
                return tokens
            case "POST", "/oauth2/revoke":
                return self._revoked(request)
            case "GET", "/logout":
                return self._signed_out(request)
            case ("GET", "/oauth2/idpresponse") | ("POST", "/saml2/idpresponse"):
                return await self._returned(request)
        return page(404, f"Nothing is at {request.method} {request.path}.")

    def _begun(self, request: SignInRequest) -> Reply:
        client = request.pool["_clients"].get(first_value(request.query, "client_id"))
        if client is None or not as_bool(client["AllowedOAuthFlowsUserPoolClient"]):
            return page(400, "The client is unknown to this user pool, or is not enabled for OAuth.")
        version = request.pool["_managed_login_versions"][request.prefix]
        unstyled = version == MANAGED and not styled(request.pool, client["ClientId"])
        if unstyled or "COGNITO" not in client["SupportedIdentityProviders"]:
            return page(403, "Login pages unavailable. Please contact an administrator.")
        own = {key: value for key, value in request.query.items() if key != PROVIDER}
        form: Reply = cognito.handle_oauth2_authorize("GET", request.path, request.headers, own)
        if form[0] != 200:
            return form
        grant = cognito._extract_oauth_form_params({key: value[0] for key, value in own.items()})
        grant.pop("response_type")
        grant["redirect_uri"] = grant["redirect_uri"] or client["DefaultRedirectURI"]
        if (provider := first_value(request.query, PROVIDER)) not in ("", "COGNITO"):
            return self._federation.begun(request.pool_id, request.pool, request.base, provider, grant)
        name = self._name(request)
        if name is not None:
            issued: Reply = cognito._issue_auth_code_redirect(pool_id=request.pool_id, username=name, **grant)
            return issued
        if request.path == "/login":
            return here(form, request)
        return 302, {"Location": f"{request.base}/login?{request.query_string}"}, b""

    def _submitted(self, request: SignInRequest) -> Reply:
        client_id = first_value(request.form, "client_id")
        if client_id and client_id not in request.pool["_clients"]:
            return page(400, "The client is unknown to this user pool.")
        action = f"{request.base}/login"
        if waiting := first_value(request.form, FIELD):
            code = first_value(request.form, "factor_code")
            answer, user = self._factors.coded(request.pool_id, request.pool, waiting, code, action)
            return self._signed_in(request, answer, user) if user else answer
        reply: Reply = cognito.handle_login_submit("POST", "/login", {}, request.body, request.query)
        code = first_value(parse_qs(urlsplit(reply[1].get("Location", "")).query), "code")
        if reply[0] != 302 or not code:
            return here(reply, request)
        name = cognito._authorization_codes[code]["username"]
        form = self._factors.begun(request.pool_id, request.pool, name, reply, action)
        return form or self._signed_in(request, reply, name)

    async def _returned(self, request: SignInRequest) -> Reply:
        """The user returns from another identity provider. The pool asks such users for no second factor."""
        given = request.form if request.path == SAML_PATH else request.query
        first = {name: values[0] for name, values in given.items()}
        # This calls the provider, which may be slow.
        reply, name = await asyncio.to_thread(
            self._federation.ended,
            request.pool_id,
            request.pool,
            request.base,
            request.path,
            first,
            request.cookie(BEGUN),
        )
        return self._signed_in(request, reply, name) if name else reply

    def _signed_in(self, request: SignInRequest, reply: Reply, name: str) -> Reply:
        token = secrets.token_urlsafe(24)
        self._sessions[token] = (request.pool_id, name, time.time() + SESSION_SECONDS)
        return reply[0], {**reply[1], "Set-Cookie": _cookie(request, token, SESSION_SECONDS)}, reply[2]

    def _revoked(self, request: SignInRequest) -> Reply:
        """See https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html."""
        client = request.pool["_clients"].get(first_value(request.form, "client_id"))
        token = first_value(request.form, "token")
        if client is None or not token:
            error = "invalid_client" if client is None else "invalid_request"
            return 400, {"Content-Type": "application/json"}, json.dumps({"error": error}).encode()
        cognito._revoke_token({"Token": token})
        return 200, {}, b""

    def _signed_out(self, request: SignInRequest) -> Reply:
        client = request.pool["_clients"].get(first_value(request.query, "client_id"))
        target = first_value(request.query, "logout_uri")
        if client is None or target not in client["LogoutURLs"]:
            return page(400, "The client is unknown to this user pool, or logout_uri is none of its sign-out URLs.")
        self._sessions.pop(request.session, None)
        return 302, {"Location": target, "Set-Cookie": _cookie(request, "", 0)}, b""

    def _name(self, request: SignInRequest) -> str | None:
        """The user of the request's cookie in this pool, if the user may still sign in."""
        pool_id, name, until = self._sessions.get(request.session, ("", "", 0.0))
        user = request.pool["_users"].get(name) if pool_id == request.pool_id and until > time.time() else None
        may = user is not None and user.get("Enabled", True) and user.get("UserStatus") in SIGNED_IN
        return name if may else None


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """The first `MOST_BYTES` bytes of the body. The rest is read and dropped."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = (body + message.get("body", b""))[:MOST_BYTES], message.get("more_body", False)
    return body


def _cookie(request: SignInRequest, value: str, seconds: float) -> str:
    return f"{COOKIE}={value}; Path={request.base}; Max-Age={seconds:.0f}; Secure; HttpOnly; SameSite=Lax"
