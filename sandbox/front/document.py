"""A JSON body that is read and changed on its way."""

import json
from typing import Any


def decoded(body: bytes) -> Any:
    """The value; None for a body that is no JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def encoded(value: Any) -> bytes:
    """As short as JSON can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
