"""Headers and JSON body of an API Gateway proxy event, within the limits."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from calls.count_of import count_of
from calls.plain import plain
from rag.failures import Invalid, TooLarge, WrongType

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def request_id(event: Mapping[str, Any], context: Any) -> str:
    """The request's id: API Gateway's, which the caller sees, or Lambda's for a direct call."""
    return str((event.get("requestContext") or {}).get("requestId") or context.aws_request_id)


def header(event: Mapping[str, Any], name: str) -> str:
    """The header `name` (lower case), or an empty text."""
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == name:
            return str(value)
    return ""


def json_body(event: Mapping[str, Any], most_bytes: int) -> Any:
    """The body; raises `WrongType`, `TooLarge` or `Invalid`."""
    require_json(event)
    try:
        return parsed(body_bytes(event, most_bytes))
    except ValueError as error:
        # The parser's message names a place and the expected character, never a value.
        raise Invalid(f"The body is not JSON: {error}.") from None


def require_json(event: Mapping[str, Any]) -> None:
    """Raises `WrongType` for another content type than JSON."""
    kind = header(event, "content-type").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongType(
            f"The body must be JSON, but its Content-Type is {kind or 'missing'}. "
            "Send it with Content-Type application/json."
        )


def body_bytes(event: Mapping[str, Any], most_bytes: int) -> bytes:
    """The body as it was sent; raises `TooLarge` or `Invalid`."""
    body = _bytes(event)
    if len(body) > most_bytes:
        raise TooLarge(
            f"The body has {count_of(len(body), 'byte')}. The limit of this environment is {most_bytes}. "
            "Send less at once."
        )
    return body


def parsed(body: bytes) -> Any:
    """The value of a JSON text; raises `ValueError`."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        if not _SURROGATE.search(body):
            raise
    # It may contain a lone surrogate, which Python's own parser accepts.
    try:
        return plain(json.loads(body, parse_constant=_no_number))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


def _bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The body is not valid base64, but the event says that it is.") from None
