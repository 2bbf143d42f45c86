"""Who asks: API Gateway says it in the request's context, which no caller of the API can write into.

Whoever may invoke the function itself, as operators may on a collection, writes the context and can name anybody.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from assistant.failures import Failure

# A direct call of the function brings no identity; whoever may call it has the environment's operator role.
DIRECT = "direct"


class Anonymous(Failure):
    """Nobody is named, which the API's authorizer should have refused."""

    status = 401


def caller(event: Mapping[str, Any]) -> str:
    """Who asks; raises `Anonymous` when an event that is not from a direct call names nobody."""
    who = named(event)
    if who:
        return who
    if event.get("buffered"):
        return DIRECT
    raise Anonymous("Nobody is signed in. Sign in, or give the API key, and try again.")


def named(event: Mapping[str, Any]) -> str:
    """The caller's `sub` in the user pool, ARN, or API key id; empty where there is none of them."""
    context = event.get("requestContext") or {}
    identity = context.get("identity") or {}
    claims = (context.get("authorizer") or {}).get("claims") or {}
    return str(claims.get("sub") or identity.get("userArn") or identity.get("apiKeyId") or "")


def digest(caller: str) -> str:
    """Tells callers apart in logs without naming them."""
    return hashlib.sha256(caller.encode()).hexdigest()[:16]
