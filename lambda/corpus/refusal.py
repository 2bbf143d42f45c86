"""The text with which the search engine, or Amazon in front of it, refuses a request."""

import json
from typing import Any

_QUOTED = 300


def said(text: str) -> str:
    """The server's text: within `error` from OpenSearch, `Message` from Amazon, else the beginning of the body."""
    try:
        body = json.loads(text)
    except ValueError:
        return text[:_QUOTED]
    error: Any = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        causes = error.get("root_cause")
        cause = causes[0] if isinstance(causes, list) and causes else error
        why = cause.get("reason") if isinstance(cause, dict) else None
        error = why or body.get("Message") or body.get("message") or error
    return str(error)
