"""Origins whose pages may read the answers; API Gateway answers only their preflight requests."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from gateway.request import header

VARIABLE = "ORIGINS"


@cache
def named() -> frozenset[str]:
    """The origins of the environment variable `ORIGINS`, read once: `https://<host>`, separated by spaces."""
    return frozenset(os.environ.get(VARIABLE, "").split())


def allowed(event: Mapping[str, Any]) -> dict[str, str]:
    """The headers that let the page read the answer; none if its origin is not in the list."""
    origin = header(event, "origin")
    if origin not in named():
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }
