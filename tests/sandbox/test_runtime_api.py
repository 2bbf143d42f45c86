"""The Runtime API as a runtime client meets it."""

import base64
import http.client
import json
import threading
from collections.abc import Iterator

import pytest

from sandbox.cloud.runtime_api import MODE, NEXT, STREAMING, Invocation, RuntimeApiServer
from tests.waiting import PATIENCE

ROOT = "/2018-06-01/runtime"


@pytest.fixture
def api() -> Iterator[RuntimeApiServer]:
    opened = RuntimeApiServer()
    yield opened
    opened.close()


def invocation(request_id: str = "one", **changes: object) -> Invocation:
    return Invocation(request_id, b'{"n": 1}', 5000, "arn:f", **changes)  # type: ignore[arg-type]


def request(
    api: RuntimeApiServer, method: str, path: str, body: bytes = b"", **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)
    connection.request(method, path, body, headers)
    return connection.getresponse()


def stream(api: RuntimeApiServer, request_id: str, *pieces: bytes, trailers: bytes = b"") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)
    connection.putrequest("POST", f"{ROOT}/invocation/{request_id}/response")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader(MODE, STREAMING)
    connection.endheaders()
    for piece in pieces:
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.send(b"0\r\n" + trailers + b"\r\n")
    return connection.getresponse().status


def test_hands_out_the_event_with_what_a_runtime_must_know(api: RuntimeApiServer) -> None:
    api.offer(invocation(trace_id="Root=1-2"))
    given = request(api, "GET", NEXT)
    assert given.read() == b'{"n": 1}'
    assert given.headers["Lambda-Runtime-Aws-Request-Id"] == "one"
    assert given.headers["Lambda-Runtime-Deadline-Ms"] == "5000"
    assert given.headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:f"
    assert given.headers["Lambda-Runtime-Trace-Id"] == "Root=1-2"


def test_is_idle_while_the_runtime_waits(api: RuntimeApiServer) -> None:
    assert not api.idle.is_set()
    waiting = threading.Thread(target=request, args=(api, "GET", NEXT))
    waiting.start()
    assert api.idle.wait(PATIENCE)
    api.offer(invocation())
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    assert not api.idle.is_set()


def test_keeps_a_whole_answer(api: RuntimeApiServer) -> None:
    call = invocation()
    api.offer(call)
    assert request(api, "POST", f"{ROOT}/invocation/one/response", b'"done"').status == 202
    assert (call.answer, call.streamed, call.error) == (b'"done"', False, None)


def test_passes_the_pieces_on_and_keeps_none(api: RuntimeApiServer) -> None:
    heard: list[bytes] = []
    call = invocation(hear=heard.append)
    api.offer(call)
    assert stream(api, "one", b"a", b"bc") == 202
    assert heard == [b"a", b"bc"]
    assert (call.answer, call.streamed) == (b"", True)


def test_joins_the_pieces_when_nobody_listens(api: RuntimeApiServer) -> None:
    call = invocation()
    api.offer(call)
    stream(api, "one", b"a", b"bc")
    assert call.answer == b"abc"


def test_whole_answer_is_not_passed_on(api: RuntimeApiServer) -> None:
    heard: list[bytes] = []
    call = invocation(hear=heard.append)
    api.offer(call)
    request(api, "POST", f"{ROOT}/invocation/one/response", b"1")
    assert (heard, call.answer) == ([], b"1")


def test_error_in_the_trailers_fails_the_call(api: RuntimeApiServer) -> None:
    call = invocation(hear=lambda _: None)
    api.offer(call)
    said = base64.b64encode(json.dumps({"errorMessage": "went wrong"}).encode())
    stream(
        api, "one", b"half",
        trailers=b"Lambda-Runtime-Function-Error-Type: T\r\nLambda-Runtime-Function-Error-Body: " + said + b"\r\n",
    )  # fmt: skip
    assert call.error == {"errorMessage": "went wrong", "errorType": "T"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"errorMessage": "m", "errorType": "T"}', {"errorMessage": "m", "errorType": "T"}),
        (b"no json", {"errorMessage": "no json", "errorType": "Runtime.Unknown"}),
        (b"", {"errorMessage": "no message", "errorType": "Runtime.Unknown"}),
    ],
)
def test_error_of_a_call(api: RuntimeApiServer, body: bytes, error: dict[str, str]) -> None:
    call = invocation()
    api.offer(call)
    assert request(api, "POST", f"{ROOT}/invocation/one/error", body).status == 202
    assert call.error == error


def test_late_and_second_answers_are_refused(api: RuntimeApiServer) -> None:
    first = invocation()
    api.offer(first)
    first.fail("too late", "Sandbox.Timedout")
    refused = request(api, "POST", f"{ROOT}/invocation/one/response", b"1")
    assert (refused.status, json.loads(refused.read())["errorType"]) == (400, "InvalidRequestID")
    assert first.answer is None
    second = invocation("two")
    api.offer(second)
    assert request(api, "POST", f"{ROOT}/invocation/one/response", b"1").status == 400
    assert not second.settled.is_set()


def test_error_before_the_first_question(api: RuntimeApiServer) -> None:
    assert request(api, "POST", f"{ROOT}/init/error", b'{"errorMessage": "no module"}').status == 202
    api.fail_init("exit status 1")
    assert (api.idle.is_set(), api.init_error) == (True, "no module")


def test_unknown_paths(api: RuntimeApiServer) -> None:
    assert request(api, "GET", f"{ROOT}/other").status == 404
    assert request(api, "POST", f"{ROOT}/other", b"1").status == 404


def test_runtime_that_waits_is_let_go_at_the_end() -> None:
    api = RuntimeApiServer()
    heard: list[int] = []
    waiting = threading.Thread(target=lambda: heard.append(request(api, "GET", NEXT).status))
    waiting.start()
    assert api.idle.wait(PATIENCE)
    api.close()
    waiting.join(PATIENCE)
    assert heard == [500]
