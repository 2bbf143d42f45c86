"""The authorizer of an API whose callers have JSON Web Tokens (RFC 7519) from their own issuer."""

import json
import logging
import os
from functools import cache
from typing import Any

import jwt

from issuer_keys import IssuerKeys

ISSUER, AUDIENCE, GROUPS = "ISSUER", "AUDIENCE", "GROUPS"
# Only signatures with public keys: a shared secret would have to be stored here, and `none` proves nothing.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
# Seconds by which the clocks of the issuer and of AWS may differ.
LEEWAY = 30
REQUIRED = ["exp", "iss", "aud", "sub"]

logger = logging.getLogger("authorize")
logger.setLevel(logging.INFO)


class Unauthorized(Exception):
    """API Gateway answers 401 if, and only if, the message is this one word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer an event of a token authorizer with a policy for the whole stage; raises `Unauthorized`.

    Source: API Gateway developer guide, "Use API Gateway Lambda authorizers". API Gateway caches the policy for each
    token. So the policy allows every method, and the functions check what the caller may do.
    """
    scheme, _, token = str(event.get("authorizationToken") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized
    try:
        claims = verified(token.strip())
    except (jwt.PyJWTError, LookupError) as error:
        # The log contains neither the token nor its claims.
        logger.info("A token was refused: %s.", type(error).__name__)
        raise Unauthorized from None
    api, stage = str(event["methodArn"]).split("/")[:2]
    allowed = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*"}
    return {
        "principalId": str(claims["sub"]),
        "policyDocument": {"Version": "2012-10-17", "Statement": [allowed]},
        # API Gateway takes only strings, numbers and booleans as values.
        "context": {"sub": str(claims["sub"]), "groups": listed(claims.get(os.environ[GROUPS]))},
    }


def verified(token: str) -> dict[str, Any]:
    """The claims of a token; raises `jwt.PyJWTError`, or `LookupError` without a key for it."""
    key = keys().key(jwt.get_unverified_header(token))
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=ALGORITHMS,
        audience=os.environ[AUDIENCE],
        issuer=os.environ[ISSUER],
        leeway=LEEWAY,
        options={"require": REQUIRED},
    )
    return claims


@cache
def keys() -> IssuerKeys:
    """The keys of the issuer, for this process."""
    return IssuerKeys(os.environ[ISSUER])


def listed(claim: Any) -> str:
    """The groups as a JSON list: a list with commas would let a name such as `"hr"` or ` hr` be read as another one."""
    names = claim if isinstance(claim, list) else [claim] if isinstance(claim, str) else []
    return json.dumps([str(name) for name in names])
