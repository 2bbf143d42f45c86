"""Signature Version 4 of requests to AWS, with the function's own keys.

This replaces `requests-aws4auth` and botocore, because either takes longer to import than a search takes.
Source: IAM user guide, "Create a signed AWS API request".
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from posixpath import normpath
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from rag.failures import AssistantRefused

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class OwnSignature:
    """Signs a request, an object with `method`, `url`, `headers` and `body`.

    It adds `x-amz-content-sha256`, which `aoss` requires. It signs this header, the host and the date, the content type
    and all other headers that begin with `x-amz-`.
    """

    key: str
    secret: str = field(repr=False)
    token: str | None = field(repr=False)
    region: str
    service: str

    def __call__(self, request: Any) -> Any:
        """Returns the request with the headers of the signature."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        url = urlsplit(request.url)
        headers = request.headers
        headers["Host"] = url.netloc
        headers["x-amz-date"] = now
        headers["x-amz-content-sha256"] = hashlib.sha256(request.body or b"").hexdigest()
        if self.token:
            headers["x-amz-security-token"] = self.token
        signed = {
            name.lower(): " ".join(value.split())
            for name, value in sorted(headers.items(), key=lambda header: header[0].lower())
            if name.lower() in ("host", "content-type") or name.lower().startswith("x-amz-")
        }
        names = ";".join(signed)
        lines = [f"{name}:{value}" for name, value in signed.items()]
        path, query = _path(url.path), _query(url.query)
        canonical = "\n".join([request.method, path, query, *lines, "", names, headers["x-amz-content-sha256"]])
        scope = f"{now[:8]}/{self.region}/{self.service}/aws4_request"
        text = "\n".join([_ALGORITHM, now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = reduce(_hashed, scope.split("/"), f"AWS4{self.secret}".encode())
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={self.key}/{scope}, SignedHeaders={names}, Signature={_hashed(key, text).hex()}"
        )
        return request


def signature(region: str, service: str) -> OwnSignature:
    """Signs each request; raises `AssistantRefused` without keys.

    Lambda puts the role's keys into the environment, and ends the process before they expire.
    """
    key, secret = (os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    if not key or not secret:
        raise AssistantRefused(
            "The assistant has no AWS keys to sign with. Outside Lambda, set AWS_ACCESS_KEY_ID and its secret."
        )
    return OwnSignature(key, secret, os.environ.get("AWS_SESSION_TOKEN"), region, service)


def _hashed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _path(path: str) -> str:
    """The path as it is signed: all services but S3 encode it once more."""
    normal = normpath(path or "/").replace("//", "/")
    return quote(f"{normal}/" if path.endswith("/") and normal != "/" else normal, safe="/")


def _query(query: str) -> str:
    pairs = [(quote(name, safe=""), quote(value, safe="")) for name, value in parse_qsl(query, True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
