"""The Runtime API of Lambda: the next event, and its answer, in one piece or as a stream.

Sources: AWS Lambda developer guide, "Lambda runtime API" and "Building a custom runtime" (response streaming); API
Gateway developer guide, "Lambda proxy integration with payload response streaming"; the media type and the eight
NULs as in AWS's runtimes for Rust and Node.js.
"""

import base64
import contextlib
import json
import os
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

from reply import HandlerResponse

_PATH = "/2018-06-01/runtime"
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
# The variable in which the X-Ray SDK expects the call's trace.
_TRACE = "_X_AMZN_TRACE_ID"
_END_OF_HEAD = b"\0" * 8


@dataclass(frozen=True)
class InvocationContext:
    """The context of a call for its handler, with the names of Amazon's Python runtime."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str
    function_version: str
    memory_limit_in_mb: int
    log_group_name: str
    log_stream_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the call; never below 0."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class RuntimeRejected(Exception):
    """The Runtime API refused a request."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"The Runtime API answered {status}: {body[:200].decode(errors='replace')}")
        self.status = status


class RuntimeApi:
    """The Runtime API at `address` (host:port). Each request has its own connection, because a stream closes it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def next(self) -> tuple[bytes, InvocationContext]:
        """Wait for the next event (JSON) without a time limit; Lambda may freeze the process in between."""
        with self._connected() as connection:
            connection.request("GET", f"{_PATH}/invocation/next")
            response = connection.getresponse()
            body = _body_of(response)
        os.environ.pop(_TRACE, None)
        if trace := response.headers.get("Lambda-Runtime-Trace-Id"):
            os.environ[_TRACE] = trace
        return body, _context(response)

    def answer(self, request_id: str, body: bytes) -> None:
        """Answer a call in one piece, with JSON."""
        self._post(f"/invocation/{request_id}/response", body)

    def fail(self, request_id: str, error: BaseException) -> None:
        """Report a failed call; impossible after `stream` has begun."""
        self._post(f"/invocation/{request_id}/error", _described(error), {_ERROR_TYPE: _kind(error)})

    def fail_to_start(self, error: BaseException) -> None:
        """Report that the function cannot be loaded."""
        self._post("/init/error", _described(error), {_ERROR_TYPE: _kind(error)})

    def stream(self, request_id: str, reply: HandlerResponse) -> Exception | None:
        """Answer a call piece by piece; returns the error that ended the body early, which the trailers also contain.

        Raises `OSError` or `HTTPException` when the answer could not be delivered.
        """
        failure = None
        pieces = iter(reply.body)
        with self._connected() as connection:
            connection.putrequest("POST", f"{_PATH}/invocation/{request_id}/response")
            connection.putheader("Content-Type", "application/vnd.awslambda.http-integration-response")
            connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
            connection.putheader("Transfer-Encoding", "chunked")
            connection.putheader("Trailer", f"{_ERROR_TYPE}, {_ERROR_BODY}")
            connection.endheaders()
            head = json.dumps({"statusCode": reply.status, "headers": dict(reply.headers)}).encode()
            connection.send(_chunk(head + _END_OF_HEAD))
            while True:
                try:
                    piece = next(pieces)
                except StopIteration:
                    break
                except Exception as error:  # noqa: BLE001 - whatever it is, the stream must be ended
                    failure = error
                    break
                if piece:
                    connection.send(_chunk(piece))
            connection.send(_end(failure))
            _body_of(connection.getresponse())
        return failure

    def _post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        with self._connected() as connection:
            connection.request("POST", _PATH + path, body, {"Content-Type": "application/json", **(headers or {})})
            _body_of(connection.getresponse())

    def _connected(self) -> contextlib.closing[HTTPConnection]:
        return contextlib.closing(HTTPConnection(self._address))


def _context(response: HTTPResponse) -> InvocationContext:
    return InvocationContext(
        aws_request_id=response.headers["Lambda-Runtime-Aws-Request-Id"],
        invoked_function_arn=response.headers.get("Lambda-Runtime-Invoked-Function-Arn", ""),
        deadline_ms=int(response.headers["Lambda-Runtime-Deadline-Ms"]),
        function_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        function_version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        memory_limit_in_mb=int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")),
        log_group_name=os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
        log_stream_name=os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
    )


def _body_of(response: HTTPResponse) -> bytes:
    body = response.read()
    if response.status >= 300:
        raise RuntimeRejected(response.status, body)
    return body


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _end(failure: Exception | None) -> bytes:
    if failure is None:
        return b"0\r\n\r\n"
    body = base64.b64encode(_described(failure)).decode()
    return f"0\r\n{_ERROR_TYPE}: {_kind(failure)}\r\n{_ERROR_BODY}: {body}\r\n\r\n".encode()


def _kind(error: BaseException) -> str:
    return f"Function.{type(error).__name__}"


def _described(error: BaseException) -> bytes:
    # An exception's message may quote a request, so it is not shown. The log has the place.
    message = f"The function failed with {type(error).__name__}. See its log."
    return json.dumps({"errorType": _kind(error), "errorMessage": message, "stackTrace": []}).encode()
