"""COGNITO_USER_POOLS authorizers of REST APIs, with Amazon's decisions.

MiniStack 1.5.33 differs from Amazon in four points:

- It reads a pool's keys over http even if it serves only TLS, so it refuses every token.
- It accepts access and refresh tokens where Amazon accepts only identity tokens.
- It ignores `IdentityValidationExpression`, which limits an authorizer to one client of its pools.
- It passes lists in claims on as `[a b]`, like an HTTP API. A REST API joins them with commas
  (https://repost.aws/questions/QUFJRBaEJRSmmqarNrvCWoQA).
"""

import base64
import json
import re
import time
from typing import Any

from ministack.services import apigateway, apigateway_v1

Claims = dict[str, Any]


def install(gateway: str) -> None:
    """Wraps the look-up of keys and the check of a token; once per process. `gateway` is `https://127.0.0.1:<port>`."""
    resolve = apigateway._resolve_jwks_url

    async def _resolve_jwks_url(authorizer: Claims) -> str | None:
        url: str | None = await resolve(authorizer)
        own = f"http://{apigateway._HOST}:{apigateway._PORT}/"
        return f"{gateway}/{url.removeprefix(own)}" if url and url.startswith(own) else url

    apigateway._resolve_jwks_url = apigateway_v1._resolve_jwks_url = _resolve_jwks_url
    stringify = apigateway_v1._stringify_claims

    def _stringify_claims(claims: Claims | None) -> Any:
        lists = {name: ",".join(map(str, value)) for name, value in (claims or {}).items() if isinstance(value, list)}
        return stringify({**(claims or {}), **lists})

    apigateway_v1._stringify_claims = _stringify_claims
    validate = apigateway_v1._validate_cognito_authorizer

    async def _validate_cognito_authorizer(
        authorizer: Claims, method_obj: Claims, headers: Claims, query_params: Claims, stage: Claims
    ) -> Any:
        claims, refusal = await validate(authorizer, method_obj, headers, query_params, stage)
        if refusal is not None and refusal.response_type == "UNAUTHORIZED":
            token = apigateway_v1._cognito_token_from_request(authorizer, headers, query_params, stage)
            if _expired(token or ""):
                refusal.message = "The incoming token has expired"
        elif refusal is None and not _meant(claims, authorizer, method_obj):
            refusal = apigateway_v1._gw_error("UNAUTHORIZED", "Unauthorized")
        return (None, refusal) if refusal is not None else (claims, None)

    apigateway_v1._validate_cognito_authorizer = _validate_cognito_authorizer


def _meant(claims: Claims, authorizer: Claims, method: Claims) -> bool:
    """Whether the method accepts the token, by its use and its client.

    A method with scopes needs an access token, any other method an identity token.
    """
    wanted = "access" if method.get("authorizationScopes") else "id"
    expression = authorizer.get("identityValidationExpression")
    return claims.get("token_use") == wanted and bool(
        not expression or re.fullmatch(expression, str(claims.get("aud", "")))
    )


def _expired(token: str) -> bool:
    try:
        payload = token.split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]) <= time.time()
    except (IndexError, KeyError, TypeError, ValueError):
        return False
