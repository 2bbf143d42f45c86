"""Sign-in by another identity provider, at the domain of a user pool.

GET  /oauth2/authorize?identity_provider=NAME  → the provider
GET  /oauth2/idpresponse                       ← a provider of OpenID Connect, with a code
POST /saml2/idpresponse                        ← a provider of SAML, with a response

A sign-in accepts one answer, within five minutes, from the browser that began it. The client gets a fault of the answer
as `error_description` and `error`. An answer that belongs to no sign-in gets an error page of the pool.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html

MiniStack 1.5.33 checks no signature, audience, time or InResponseTo. It ignores the client's PKCE, accepts answers from
any browser, and writes all claims into attributes.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ministack.services import cognito

from sandbox.cloud import oidc, saml
from sandbox.cloud.factor_steps import Reply, page
from sandbox.cloud.federated_users import SamlValues, signed_in
from sandbox.cloud.identity_providers import METADATA
from sandbox.cloud.sign_in_refused import SignInRefused

COOKIE, SECONDS = "csrf-state", 300.0
OIDC_PATH, SAML_PATH = "/oauth2/idpresponse", "/saml2/idpresponse"
Record = dict[str, Any]
Grant = dict[str, str]


@dataclass(frozen=True)
class _Begun:
    """A sign-in at the provider `name`, for the client's request `grant`. `request_id` is SAML's, or empty."""

    pool_id: str
    name: str
    grant: Grant
    until: float
    request_id: str = ""


class Federation:
    """The sign-ins that have begun and wait for a provider's answer."""

    def __init__(self, gateway: str) -> None:
        """`gateway` is `https://127.0.0.1:<port>`; providers redirect users back to it."""
        self._gateway = gateway
        self._begun: dict[str, _Begun] = {}

    def begun(self, pool_id: str, pool: Record, base: str, name: str, grant: Grant) -> Reply:
        """The redirect to the provider `name`, or an error page. `base` is the domain's path on the gateway."""
        provider = pool.get("_identity_providers", {}).get(name)
        client = pool["_clients"][grant["client_id"]]
        if provider is None or name not in client["SupportedIdentityProviders"]:
            return page(400, f"The client has no identity provider {name!r}.")
        state, details, request_id = secrets.token_urlsafe(24), provider["ProviderDetails"], ""
        if provider["ProviderType"] == "SAML":
            address, request_id = saml.request_url(pool[METADATA][name], pool_id, self._here(base, SAML_PATH), state)
        elif provider["ProviderType"] == "OIDC":
            address = oidc.authorize_url(details, self._here(base, OIDC_PATH), state)
        else:
            return page(501, f"The local cloud reaches no provider of the type {provider['ProviderType']}.")
        self._begun = {key: begun for key, begun in self._begun.items() if begun.until > time.time()}
        self._begun[state] = _Begun(pool_id, name, grant, time.time() + SECONDS, request_id)
        # SameSite=None: the answer of a SAML provider is a form that another site posts.
        cookie = f"{COOKIE}={state}; Path={base}; Max-Age={SECONDS:.0f}; Secure; HttpOnly; SameSite=None"
        return 302, {"Location": address, "Set-Cookie": cookie}, b""

    def ended(
        self, pool_id: str, pool: Record, base: str, path: str, given: Mapping[str, str], cookie: str
    ) -> tuple[Reply, str | None]:
        """The redirect to the client with a code, and the user's name; or an error, and None.

        For OpenID Connect it calls the provider.
        """
        state = given.get("state" if path == OIDC_PATH else "RelayState", "")
        begun = self._begun.pop(state, None)
        if begun is None or begun.until < time.time() or begun.pool_id != pool_id or cookie != state:
            return page(400, "Invalid response or state from the identity provider. Begin the sign-in again."), None
        client = pool["_clients"].get(begun.grant["client_id"])
        provider = pool.get("_identity_providers", {}).get(begun.name)
        if client is None or provider is None:
            return page(400, "The client or its identity provider is gone. Begin the sign-in again."), None
        try:
            said = self._said(pool, provider, begun, base, path, given)
            name = signed_in(pool_id, pool, client, provider, *said)
        except SignInRefused as reason:
            return _back(begun.grant, str(reason), path), None
        issued: Reply = cognito._issue_auth_code_redirect(pool_id=pool_id, username=name, **begun.grant)
        return issued, name

    def _said(
        self, pool: Record, provider: Record, begun: _Begun, base: str, path: str, given: Mapping[str, str]
    ) -> tuple[str, Mapping[str, Any]]:
        """The user's identifier at the provider, and the provider's claims about the user; raises SignInRefused."""
        here = self._here(base, path)
        if (provider["ProviderType"] == "SAML") != (path == SAML_PATH):
            raise SignInRefused("The answer is of another kind than the identity provider.")
        if path == SAML_PATH:
            metadata, response = pool[METADATA][begun.name], given.get("SAMLResponse", "")
            identifier, values = saml.person(metadata, begun.pool_id, here, response, begun.request_id)
            return identifier, {name: SamlValues(those) for name, those in values.items()}
        if "code" not in given:
            raise SignInRefused(given.get("error_description") or given.get("error") or "There is no code.")
        claims = oidc.claims(provider["ProviderDetails"], given["code"], here)
        return str(claims["sub"]), claims

    def _here(self, base: str, path: str) -> str:
        return f"{self._gateway}{base}{path}"


def _back(grant: Grant, sentence: str, path: str) -> Reply:
    """The redirect with an error, in Cognito's form: https://github.com/aws/aws-sdk-js-v3/issues/6201."""
    is_saml = path == SAML_PATH
    error = {
        "error_description": f"Invalid SAML response received: {sentence}" if is_saml else sentence,
        **({"state": grant["state"]} if grant["state"] else {}),
        "error": "server_error" if is_saml else "invalid_request",
    }
    address = grant["redirect_uri"]
    return 302, {"Location": f"{address}{'&' if '?' in address else '?'}{urlencode(error)}"}, b""
