from __future__ import annotations

from io import BytesIO

import pytest

from sandbox.front.refusal import BodyTooLarge, MalformedRequest
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.wire import LARGEST_BODY, keeps_alive, read_request, write_answer


def _read(raw: bytes) -> tuple[FrontRequest | None, bytes]:
    sink = BytesIO()
    return read_request(BytesIO(raw), sink), sink.getvalue()


def _write(answer: FrontResponse, **options: bool) -> bytes:
    sink = BytesIO()
    write_answer(sink, answer, **options)
    return sink.getvalue()


def test_two_requests_on_one_connection() -> None:
    source = BytesIO(b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    first = read_request(source, BytesIO())
    assert first == FrontRequest("POST", "/a?b=c", (("Host", "x"), ("Content-Length", "2")), b"{}")
    second = read_request(source, BytesIO())
    assert second == FrontRequest("GET", "/", (("Host", "x"),))
    assert read_request(source, BytesIO()) is None


def test_a_chunked_body() -> None:
    request, _ = _read(
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: t\r\n\r\n"
    )
    assert request is not None
    assert request.body == b"abc0123456789"


def test_a_client_that_waits_is_told_to_continue() -> None:
    request, said = _read(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
    assert request is not None
    assert said == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET http://other/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n",
    ],
)
def test_what_is_not_plain_http_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedRequest):
        _read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        f"POST / HTTP/1.1\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n".encode(),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7000000\r\n",
    ],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(raw: bytes) -> None:
    with pytest.raises(BodyTooLarge):
        _read(raw)


def test_an_answer_in_one_piece() -> None:
    answer = FrontResponse(200, (("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")), b"hello")
    assert _write(answer) == b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


def test_a_head_tells_the_length_without_the_body() -> None:
    assert _write(FrontResponse(200, (), b"", 42), head=True) == b"HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n"


def test_no_content_has_no_length() -> None:
    assert _write(FrontResponse(204, ()), close=True) == b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def test_closing() -> None:
    assert keeps_alive(FrontRequest("GET", "/", ()))
    assert not keeps_alive(FrontRequest("GET", "/", (("Connection", "Close"),)))


def test_segments_are_what_the_engine_routes_by() -> None:
    assert FrontRequest("PUT", "//_cluster%2Fx/settings/?a=/b", ()).segments() == ("_cluster/x", "settings")
    assert FrontRequest("PUT", "/%5Fcluster/settings", ()).segments() == ("_cluster", "settings")
