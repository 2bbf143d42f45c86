"""The caller: API Gateway writes it into the request's context, which callers of the API cannot change.

A direct caller of the function writes the context and can name any caller. Operators on a collection may call the
function by its alias alone, which Lambda puts into the call's own context.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from rag.failures import Failure
from rag.own_settings import is_for_operators

# A direct call of the function has no identity; such a caller has the environment's operator role.
DIRECT = "direct"


class Anonymous(Failure):
    """The request names no caller; the API's authorizer should have refused it."""

    status = 401
    cause = "not-signed-in"


def caller(event: Mapping[str, Any], function_arn: str) -> str:
    """The caller; raises `Anonymous` when an event from the API names nobody.

    Whoever calls the alias for operators, by `function_arn`, is one, whatever the event says.
    """
    if is_for_operators(function_arn):
        return DIRECT
    who = named(event)
    if who:
        return who
    if event.get("buffered"):
        return DIRECT
    raise Anonymous("You are not signed in. Sign in, or send the API key, and try again.")


def named(event: Mapping[str, Any]) -> str:
    """The caller's `sub` in the user pool, ARN, or API key id; empty without any of them."""
    context = event.get("requestContext") or {}
    identity = context.get("identity") or {}
    claims = (context.get("authorizer") or {}).get("claims") or {}
    return str(claims.get("sub") or identity.get("userArn") or identity.get("apiKeyId") or "")


def digest(caller: str) -> str:
    """A digest that distinguishes callers in logs without naming them."""
    return hashlib.sha256(caller.encode()).hexdigest()[:16]
