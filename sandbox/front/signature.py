"""Verifies Signature Version 4 as an AWS service does: parts, scope, time and digest.

It is strict where signers differ. The payload hash is always that of the received body, so `UNSIGNED-PAYLOAD` never
matches; only S3 accepts that. Query strings are decoded and encoded again. A signature over an unencoded `:` or `+` is
therefore refused, as the service does.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

from botocore.utils import normalize_url_path

from sandbox.front.refusal import IncompleteSignature, SignatureExpired, SignatureMismatch, WrongScope
from sandbox.front.request import FrontRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SKEW = timedelta(minutes=5)
LONGEST_PRESIGNED_SECONDS = 604_800
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Signature:
    """The parts of an `Authorization: AWS4-HMAC-SHA256` header or of a presigned query.

    `expires` is the validity of a presigned request in seconds; None for a signature in a header.
    """

    access_key: str
    scope_date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    digest: str
    timestamp: str
    token: str | None
    expires: int | None = None


def read_signature(request: FrontRequest) -> Signature | None:
    """The request's signature, or None if it has none; raises `IncompleteSignature`."""
    authorization = request.header("authorization")
    if authorization is not None and authorization.startswith("AWS4"):
        return _from_header(request, authorization)
    if authorization is None and "X-Amz-Signature=" in request.query:
        return _from_query(request)
    return None


def verify_scope(signature: Signature, region: str, service: str) -> None:
    """Check date, region, service and terminator of the credential scope; raises `WrongScope`."""
    faults = []
    if signature.scope_date != signature.timestamp[:8]:
        faults.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signature.scope_date}' != '{signature.timestamp[:8]}', from '{signature.timestamp}'. "
        )
    if signature.region != region:
        faults.append("Credential should be scoped to a valid region. ")
    if signature.service != service:
        faults.append(f"Credential should be scoped to correct service: '{service}'. ")
    if signature.terminator != TERMINATOR:
        faults.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{signature.terminator}'. "
        )
    if faults:
        raise WrongScope("".join(faults))


def verify_time(signature: Signature, now: datetime) -> None:
    """Check the time of the signature: it must be at most five minutes before or after `now`.

    A presigned request is valid for its `expires` seconds instead.

    Raises `SignatureExpired`, or `IncompleteSignature` for an invalid date.
    """
    try:
        signed = datetime.strptime(signature.timestamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignature(
            "Date must be in ISO-8601 'basic format'. "
            f"Got '{signature.timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None
    life = SKEW if signature.expires is None else timedelta(seconds=signature.expires)
    minutes = f"{int(life.total_seconds()) // 60} min."
    if signed + life < now:
        raise SignatureExpired(
            f"Signature expired: {signature.timestamp} is now earlier than {(now - life).strftime(_STAMP)} "
            f"({now.strftime(_STAMP)} - {minutes})"
        )
    if signed - SKEW > now:
        raise SignatureExpired(
            f"Signature not yet current: {signature.timestamp} is still later than "
            f"{(now + SKEW).strftime(_STAMP)} ({now.strftime(_STAMP)} + 5 min.)"
        )


def verify_digest(signature: Signature, request: FrontRequest, secret_key: str) -> None:
    """Sign the request again and compare the digests; raises `SignatureMismatch`."""
    body_hash = hashlib.sha256(request.body).hexdigest()
    claimed = request.header("x-amz-content-sha256")
    if claimed is not None and claimed != body_hash:
        raise SignatureMismatch
    canonical = _canonical_request(signature, request, body_hash)
    scope = f"{signature.scope_date}/{signature.region}/{signature.service}/{TERMINATOR}"
    # Header values were read as latin-1, so this restores the received bytes.
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    text = f"{ALGORITHM}\n{signature.timestamp}\n{scope}\n{digest}"
    key = _signing_key(secret_key, signature.scope_date, signature.region, signature.service)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature.digest):
        raise SignatureMismatch


def without_signature(request: FrontRequest) -> str:
    """The target without the parameters of a presigned query: the engine refuses unknown parameters."""
    pairs = [pair for pair in request.query.split("&") if pair and not pair.startswith("X-Amz-")]
    return request.path + ("?" + "&".join(pairs) if pairs else "")


def _canonical_request(signature: Signature, request: FrontRequest, body_hash: str) -> str:
    lines = [
        request.method,
        quote(normalize_url_path(request.path), safe="/~"),
        _canonical_query(request.query),
    ]
    for name in signature.signed_headers:
        lines.append(f"{name}:{' '.join((request.header(name) or '').split())}")
    lines += ["", ";".join(signature.signed_headers), body_hash]
    return "\n".join(lines)


def _canonical_query(query: str) -> str:
    pairs = [
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name != "X-Amz-Signature"
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


@lru_cache(maxsize=1024)
def _signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _from_header(request: FrontRequest, authorization: str) -> Signature:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{algorithm}'. ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    timestamp = request.header("x-amz-date") or _iso_date(request.header("date"))
    faults = [
        f"Authorization header requires '{name}' parameter. "
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if timestamp is None:
        faults.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
    if faults or timestamp is None:
        raise IncompleteSignature("".join(faults))
    dated = "x-amz-date" if request.header("x-amz-date") else "date"
    return Signature(
        *_scope(fields["Credential"]),
        signed_headers=_signed_headers(fields["SignedHeaders"], dated),
        digest=fields["Signature"],
        timestamp=timestamp,
        token=request.header("x-amz-security-token"),
    )


def _from_query(request: FrontRequest) -> Signature:
    fields = dict(pair.partition("=")[::2] for pair in request.query.split("&"))
    fields = {name: unquote(value) for name, value in fields.items() if name.startswith("X-Amz-")}
    names = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires")
    missing = [f"X-Amz-{name}" for name in names if not fields.get(f"X-Amz-{name}")]
    if missing:
        sentences = [f"AWS query-string parameters must include '{name}'. " for name in missing]
        raise IncompleteSignature("".join(sentences) + "Re-examine the query-string parameters.")
    if fields["X-Amz-Algorithm"] != ALGORITHM:
        raise IncompleteSignature(f"Unsupported AWS 'algorithm': '{fields['X-Amz-Algorithm']}'. ")
    expires = fields["X-Amz-Expires"]
    if not expires.isdecimal() or not 0 < int(expires) <= LONGEST_PRESIGNED_SECONDS:
        raise IncompleteSignature(
            f"X-Amz-Expires must be between 1 and {LONGEST_PRESIGNED_SECONDS} seconds; got '{expires}'."
        )
    return Signature(
        *_scope(fields["X-Amz-Credential"]),
        signed_headers=_signed_headers(fields["X-Amz-SignedHeaders"]),
        digest=fields["X-Amz-Signature"],
        timestamp=fields["X-Amz-Date"],
        token=fields.get("X-Amz-Security-Token"),
        expires=int(expires),
    )


def _scope(credential: str) -> tuple[str, str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != 5:
        raise IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )
    key, date, region, service, terminator = parts
    return key, date, region, service, terminator


def _signed_headers(listed: str, *required: str) -> tuple[str, ...]:
    names = tuple(listed.lower().split(";"))
    for name in ("host", *required):
        if name not in names:
            raise IncompleteSignature(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    return names


def _iso_date(date: str | None) -> str | None:
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime(_STAMP)
    except ValueError:
        return None
