"""Reads and writes the JSON bodies that the front changes."""

import gzip
import json
import zlib
from dataclasses import replace
from typing import Any

from sandbox.front.refusal import InvalidArgument
from sandbox.front.request import FrontRequest


def decoded(body: bytes) -> Any:
    """The value of a body; None if the body is not JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def encoded(value: Any) -> bytes:
    """The value as JSON without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def readable(request: FrontRequest) -> FrontRequest:
    """The request with an uncompressed body. Raises `InvalidArgument` if the body cannot be decompressed."""
    coding = (request.header("content-encoding") or "identity").lower()
    if coding == "identity":
        return request
    try:
        body = gzip.decompress(request.body) if coding == "gzip" else zlib.decompress(request.body)
    except (OSError, EOFError, zlib.error):
        raise InvalidArgument(f"The body is not encoded as {coding}", "parse_exception") from None
    kept = tuple(pair for pair in request.headers if pair[0].lower() != "content-encoding")
    return replace(request, headers=kept, body=body)
