"""A user pool as the client of an OpenID Connect provider: authorization code, token, claims.

Cognito authenticates with client_secret_post. It accepts only ID tokens that a key of the provider has signed. It reads
the claims from the ID token and from userInfo:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-idp.html
"""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from sandbox.cloud.sign_in_refused import SignInRefused

METADATA = "/.well-known/openid-configuration"
ENDPOINTS = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "attributes_url": "userinfo_endpoint",
    "jwks_uri": "jwks_uri",
}
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
SECONDS = 30.0
Claims = dict[str, Any]


def endpoints(details: Mapping[str, str]) -> dict[str, str]:
    """The provider's endpoints, from the details or otherwise from its metadata; raises SignInRefused."""
    given = {name: details[name] for name in ENDPOINTS if details.get(name)}
    if len(given) == len(ENDPOINTS):
        return given
    metadata = _fetched(details.get("oidc_issuer", "").rstrip("/") + METADATA, "its metadata")
    discovered = {name: str(metadata[key]) for name, key in ENDPOINTS.items() if metadata.get(key)}
    missing = sorted(set(ENDPOINTS) - set(discovered) - set(given))
    if missing:
        raise SignInRefused(f"The metadata of {details['oidc_issuer']} lack {ENDPOINTS[missing[0]]}.")
    return {"attributes_url_add_attributes": "false", **discovered, **given}


def authorize_url(details: Mapping[str, str], redirect_uri: str, state: str) -> str:
    """The URL at which the user signs in."""
    query = {
        "client_id": details["client_id"],
        "redirect_uri": redirect_uri,
        "scope": details["authorize_scopes"],
        "response_type": "code",
        "state": state,
    }
    address = details["authorize_url"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def claims(details: Mapping[str, str], code: str, redirect_uri: str) -> Claims:
    """The provider's claims about the user who has the code; raises SignInRefused."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": details["client_id"],
        "client_secret": details["client_secret"],
    }
    tokens = _fetched(details["token_url"], "a token", form)
    checked = _checked(details, str(tokens.get("id_token") or ""))
    person = _fetched(details["attributes_url"], "userInfo", bearer=str(tokens.get("access_token")))
    # OpenID Connect Core 1.0, section 5.3.2.
    if person.get("sub") != checked["sub"]:
        raise SignInRefused("userInfo is about another person than the ID token.")
    return {**checked, **person}


def _checked(details: Mapping[str, str], token: str) -> Claims:
    try:
        key = jwt.PyJWKClient(details["jwks_uri"], timeout=int(SECONDS)).get_signing_key_from_jwt(token)
        checked: Claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=details["client_id"],
            issuer=details["oidc_issuer"],
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as reason:
        raise SignInRefused(f"Invalid ID token: {reason}") from reason
    return checked


def _fetched(address: str, wanted: str, form: Mapping[str, str] | None = None, bearer: str = "") -> Claims:
    """The JSON object from an https address, by POST if there is a form; raises SignInRefused."""
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
    try:
        if urlsplit(address).scheme != "https":
            raise ValueError("it has no https address")
        body = urlencode(form).encode() if form else None
        request = urllib.request.Request(address, body, headers)  # noqa: S310 - https
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - https
            content = json.load(answer)
    except (OSError, ValueError) as reason:
        raise SignInRefused(f"The identity provider was asked for {wanted} and gave none: {reason}.") from reason
    if not isinstance(content, dict):
        raise SignInRefused(f"The identity provider was asked for {wanted} and gave no JSON object.")
    return content
