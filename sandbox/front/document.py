"""A JSON body that is read and changed on its way."""

import gzip
import json
import zlib
from dataclasses import replace
from typing import Any

from sandbox.front.refusal import InvalidArgument
from sandbox.front.request import Request


def decoded(body: bytes) -> Any:
    """The value; None for a body that is no JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def encoded(value: Any) -> bytes:
    """As short as JSON can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def readable(request: Request) -> Request:
    """The request with a body that can be read and changed; raises `InvalidArgument` when it is not what it says."""
    coding = (request.header("content-encoding") or "identity").lower()
    if coding == "identity":
        return request
    try:
        body = gzip.decompress(request.body) if coding == "gzip" else zlib.decompress(request.body)
    except (OSError, EOFError, zlib.error):
        raise InvalidArgument(f"The body is not encoded as {coding}", "parse_exception") from None
    kept = tuple(pair for pair in request.headers if pair[0].lower() != "content-encoding")
    return replace(request, headers=kept, body=body)
