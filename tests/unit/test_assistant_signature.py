"""The assistant's own Signature Version 4, compared with that of botocore."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from rag.signature import OwnSignature
from rag.wire import Outgoing

# With characters that signatures and URLs treat differently.
WORDS = st.text(st.sampled_from("aZ09-_. /+%&=*:~'!@,;äß中\"<"), min_size=1, max_size=12)
SEGMENTS = st.lists(WORDS.filter(lambda word: word not in (".", "..")), max_size=3)
QUERIES = st.dictionaries(WORDS, WORDS, max_size=3)
HEADERS = st.dictionaries(st.sampled_from(["Content-Type", "X-Amz-Target", "Accept"]), st.sampled_from(["a", "a  b "]))


def url_of(segments: list[str], query: dict[str, str]) -> str:
    path = "/".join(quote(segment, safe="") for segment in segments)
    return f"https://search.example.com:9200/{path}{'?' if query else ''}{urlencode(query, quote_via=quote)}"


def by_botocore(request: Outgoing, names: list[str], token: str | None) -> str:
    """The signature of these headers for the time at which `request` was signed."""
    signed = {name: value for name, value in request.headers.items() if name.lower() in names}
    theirs = AWSRequest(request.method, request.url, headers=signed, data=request.body)
    theirs.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials("AKID", "secret", token), "aoss", "eu-west-1")
    return str(signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs))


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    SEGMENTS,
    QUERIES,
    HEADERS,
    st.none() | st.binary(max_size=20),
    st.none() | st.just("token"),
)
def test_a_request_has_the_signature_that_botocore_makes(
    method: str,
    segments: list[str],
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes | None,
    token: str | None,
) -> None:
    request = Outgoing(method, url_of(segments, query), {**headers}, body)
    OwnSignature("AKID", "secret", token, "eu-west-1", "aoss")(request)
    parts = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKID/\d{8}/eu-west-1/aoss/aws4_request, SignedHeaders=(.+), Signature=(\w{64})",
        request.headers["Authorization"],
    )
    assert parts
    names = parts[1].split(";")
    wanted = {"host", "x-amz-date", "x-amz-content-sha256", *(["x-amz-security-token"] if token else [])}
    assert {*names} == wanted | {name.lower() for name in headers if name != "Accept"}
    assert parts[2] == by_botocore(request, names, token)


def test_no_text_of_the_signature_shows_its_key() -> None:
    assert "hush" not in repr(OwnSignature("AKID", "hush", "hush-token", "eu-west-1", "aoss"))
