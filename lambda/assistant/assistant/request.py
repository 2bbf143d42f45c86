"""What an API Gateway proxy event says: headers and the JSON body, within the limits."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from assistant.failures import Invalid, TooLarge, WrongType


def request_id(event: Mapping[str, Any], context: Any) -> str:
    """API Gateway's id of the request, which its caller sees; Lambda's for a direct call."""
    return str((event.get("requestContext") or {}).get("requestId") or context.aws_request_id)


def header(event: Mapping[str, Any], name: str) -> str:
    """The header `name` (lower case), or an empty text."""
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == name:
            return str(value)
    return ""


def json_body(event: Mapping[str, Any], most_bytes: int) -> Any:
    """The body; raises `WrongType`, `TooLarge` or `Invalid`."""
    kind = header(event, "content-type").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongType(
            f"The body must be JSON, not {kind or 'of no type'}: send it with Content-Type application/json."
        )
    body = _bytes(event)
    if len(body) > most_bytes:
        raise TooLarge(
            f"The body has {len(body)} bytes; this environment takes at most {most_bytes}. Send less at once."
        )
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        # The parser's own words name a place and what was expected there, never a value.
        raise Invalid(f"The body is not JSON: {error}.") from None


def _bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The body could not be read: it is not the base64 that its sender says it is.") from None
