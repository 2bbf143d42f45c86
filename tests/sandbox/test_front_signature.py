from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests_aws4auth import AWS4Auth

from sandbox.front.refusal import IncompleteSignature, SignatureExpired, SignatureMismatch, WrongScope
from sandbox.front.request import FrontRequest
from sandbox.front.signature import (
    Signature,
    read_signature,
    verify_digest,
    verify_scope,
    verify_time,
    without_signature,
)

SECRET = "a secret of forty characters, or nearly so"
HOST = "localhost:9443"


def _check(request: FrontRequest, *, secret: str = SECRET, now: datetime | None = None) -> Signature:
    """Check that the request's signature is right, and return it."""
    signature = read_signature(request)
    assert signature is not None
    assert signature.access_key == "AKIDEXAMPLE"
    verify_scope(signature, "us-east-1", "es")
    verify_time(signature, now or datetime.now(UTC))
    verify_digest(signature, request, secret)
    return signature


def _received(method: str, url: str | None, headers: dict[str, str], body: bytes) -> FrontRequest:
    assert url is not None
    parts = urlsplit(url)
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    fields = {"Host": HOST, **{name: str(value) for name, value in headers.items()}}
    return FrontRequest(method, target, tuple(fields.items()), body)


def _botocore(method: str, target: str, body: bytes = b"", token: str | None = None) -> FrontRequest:
    request = AWSRequest(method, f"https://{HOST}{target}", data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRET, token), "es", "us-east-1").add_auth(request)
    return _received(method, request.url, dict(request.headers.items()), body)


def _aws4auth(method: str, target: str, body: bytes = b"", token: str | None = None) -> FrontRequest:
    auth = AWS4Auth("AKIDEXAMPLE", SECRET, "us-east-1", "es", session_token=token)
    prepared = requests.Request(method, f"https://{HOST}{target}", data=body, auth=auth).prepare()
    return _received(method, prepared.url, dict(prepared.headers.items()), body)


def _presigned(target: str, seconds: int = 60) -> FrontRequest:
    request = AWSRequest("GET", f"https://{HOST}{target}")
    SigV4QueryAuth(Credentials("AKIDEXAMPLE", SECRET, "tok/en+="), "es", "us-east-1", seconds).add_auth(request)
    return _received("GET", request.url, {}, b"")


Signer = Callable[..., FrontRequest]
TARGETS = [
    "/",
    "/_cluster/health?wait_for_status=yellow&pretty",
    "/index%2Fwith%20space/_search?q=a%3Ab%20c&size=1",
    "/_cat/indices/%C3%A9?h=index,health".replace(",", "%2C"),
    "/a//b/../c/?x=2&x=1&empty=",
    "/<logs-%7Bnow%2Fd%7D>/_doc",
]


@pytest.mark.parametrize("sign", [_botocore, _aws4auth])
@pytest.mark.parametrize("target", TARGETS)
def test_accepts_what_both_signers_sign(sign: Signer, target: str) -> None:
    signature = _check(sign("POST", target, b'{"query": "\xc3\xa9"}', "a/session+token=="))
    assert signature.token == "a/session+token=="


def test_accepts_a_presigned_query_and_takes_it_off_the_target() -> None:
    request = _presigned("/_cat/indices?format=json")
    _check(request)
    assert without_signature(request) == "/_cat/indices?format=json"


def test_an_unsigned_request_has_no_signature() -> None:
    assert read_signature(FrontRequest("GET", "/", (("Host", HOST),))) is None
    assert read_signature(FrontRequest("GET", "/", (("Authorization", "Basic eDp5"),))) is None


def _with(request: FrontRequest, name: str, value: str) -> FrontRequest:
    headers = tuple((key, value if key.lower() == name else old) for key, old in request.headers)
    assert headers != request.headers
    return replace(request, headers=headers)


TAMPERED: dict[str, Callable[[FrontRequest], FrontRequest]] = {
    "method": lambda r: replace(r, method="DELETE"),
    "path": lambda r: replace(r, target="/other/_doc?refresh=true"),
    "query": lambda r: replace(r, target="/index/_doc?refresh=false"),
    "added query": lambda r: replace(r, target=r.target + "&x=1"),
    "body": lambda r: replace(r, body=b'{"a": 2}'),
    "emptied body": lambda r: replace(r, body=b""),
    "host": lambda r: _with(r, "host", "localhost:9444"),
    "signed header": lambda r: _with(r, "content-type", "application/yaml"),
    "date": lambda r: _with(r, "x-amz-date", _a_minute_off(r)),
    "hash of the body": lambda r: replace(r, headers=(*r.headers, ("X-Amz-Content-SHA256", "0" * 64))),
    "token": lambda r: _with(r, "x-amz-security-token", "another"),
    "signature": lambda r: _with(r, "authorization", _flip(r)),
}


def _a_minute_off(request: FrontRequest) -> str:
    """Another time of the same day; the day is in the scope, too."""
    signed = datetime.strptime(request.header("x-amz-date") or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return f"{signed + timedelta(minutes=1 if signed.hour < 12 else -1):%Y%m%dT%H%M%SZ}"


def _flip(request: FrontRequest) -> str:
    authorization = request.header("authorization") or ""
    return authorization[:-1] + ("0" if authorization[-1] != "0" else "1")


@pytest.mark.parametrize("part", TAMPERED)
def test_refuses_a_request_with_one_part_changed(part: str) -> None:
    request = _botocore("POST", "/index/_doc?refresh=true", b'{"a": 1}', "token")
    _check(request)
    with pytest.raises(SignatureMismatch, match="does not match the signature you provided"):
        _check(TAMPERED[part](request))


def test_refuses_another_secret_key() -> None:
    with pytest.raises(SignatureMismatch):
        _check(_botocore("GET", "/"), secret=SECRET + "x")


def test_refuses_a_payload_hash_that_is_not_the_bodys() -> None:
    request = _aws4auth("POST", "/index/_doc", b"{}")
    assert request.header("x-amz-content-sha256") is not None
    with pytest.raises(SignatureMismatch):
        _check(replace(request, body=b"[]"))


def test_refuses_an_unsigned_payload() -> None:
    unsigned = AWSRequest("POST", f"https://{HOST}/x", data=b"{}", headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRET), "es", "us-east-1").add_auth(unsigned)
    with pytest.raises(SignatureMismatch):
        _check(_received("POST", unsigned.url, dict(unsigned.headers.items()), b"{}"))


def test_refuses_a_query_that_was_signed_raw() -> None:
    with pytest.raises(SignatureMismatch):
        _check(_botocore("GET", "/_cat/indices?h=index,health"))


SCOPES = [
    ("/us-east-1/", "/eu-west-1/", "Credential should be scoped to a valid region. "),
    ("/es/", "/aoss/", "Credential should be scoped to correct service: 'es'. "),
    ("aws4_request", "aws4_other", "valid terminator: 'aws4_request'"),
    (r"/\d{8}/", "/20200101/", "Date in Credential scope does not match"),
]


@pytest.mark.parametrize(("part", "other", "sentence"), SCOPES)
def test_refuses_another_scope(part: str, other: str, sentence: str) -> None:
    request = _botocore("GET", "/")
    changed = re.sub(part, other, request.header("authorization") or "")
    with pytest.raises(WrongScope, match=sentence.replace(".", r"\.")):
        _check(_with(request, "authorization", changed))


@pytest.mark.parametrize(("minutes", "sentence"), [(6, "Signature expired"), (-6, "Signature not yet current")])
def test_refuses_a_clock_more_than_five_minutes_off(minutes: int, sentence: str) -> None:
    request = _botocore("GET", "/")
    _check(request, now=datetime.now(UTC) + timedelta(minutes=minutes * 0.75))
    with pytest.raises(SignatureExpired, match=sentence):
        _check(request, now=datetime.now(UTC) + timedelta(minutes=minutes))


def test_refuses_a_presigned_query_after_its_life() -> None:
    request = _presigned("/", seconds=30)
    with pytest.raises(SignatureExpired):
        _check(request, now=datetime.now(UTC) + timedelta(seconds=40))


@pytest.mark.parametrize("name", ["host", "x-amz-date"])
def test_host_and_date_must_be_signed(name: str) -> None:
    request = _botocore("GET", "/")
    authorization = request.header("authorization") or ""
    listed = authorization.partition("SignedHeaders=")[2].partition(",")[0]
    fewer = ";".join(part for part in listed.split(";") if part != name)
    with pytest.raises(IncompleteSignature, match=f"'{name}' must be a 'SignedHeader'"):
        _check(_with(request, "authorization", authorization.replace(listed, fewer)))


@pytest.mark.parametrize("part", ["Credential", "Signature", "SignedHeaders"])
def test_every_part_of_the_header_is_needed(part: str) -> None:
    request = _botocore("GET", "/")
    broken = (request.header("authorization") or "").replace(part + "=", "Other=")
    with pytest.raises(IncompleteSignature, match=f"requires '{part}' parameter"):
        read_signature(_with(request, "authorization", broken))


def test_another_algorithm_is_refused() -> None:
    request = _botocore("GET", "/")
    changed = (request.header("authorization") or "").replace("SHA256", "SHA1", 1)
    with pytest.raises(IncompleteSignature, match="Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'"):
        read_signature(_with(request, "authorization", changed))
