"""A Lambda runtime that streams responses; Amazon's own Python runtimes cannot.

`stream-runtime` starts `python -m runtime` instead of Amazon's runtime. It loads the handler that `_HANDLER`
names, gets one event after the other from the Runtime API, calls `handler(event, context)`, which returns a
`HandlerResponse`, and sends that piece by piece: chunked; status and headers as JSON, eight NUL bytes, the body.
API Gateway passes the pieces on (`responseTransferMode: STREAM`). An event with `"buffered": true`, from a direct
call of the function, is answered as an ordinary proxy function would: with one JSON object.

Sources: AWS Lambda developer guide, "Lambda runtime API" and "Building a custom runtime" (response streaming); API
Gateway developer guide, "Lambda proxy integration with payload response streaming"; the media type and the eight
NULs as in AWS's runtimes for Rust and Node.js.
"""

import base64
import contextlib
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, NoReturn

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


Handler = Callable[[Any, InvocationContext], HandlerResponse]


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


def serve(api: RuntimeApi, handler: Handler) -> None:
    """Answer one call. Raises `RuntimeRejected` when the Runtime API reports that the environment is broken."""
    event_json, context = api.next()
    request_id = context.aws_request_id
    try:
        event = json.loads(event_json)
        reply = handler(event, context)
        if event.get("buffered"):
            answer = _whole(reply)
    except Exception as error:  # noqa: BLE001 - the next call must be taken
        _log("The call failed.", request_id, error)
        _unless_broken(api.fail, request_id, error)
        return
    try:
        if event.get("buffered"):
            _unless_broken(api.answer, request_id, answer)
            return
        failure = api.stream(request_id, reply)
        if failure:
            _log("The answer failed before its end.", request_id, failure)
    except (OSError, HTTPException) as error:
        _log("The answer was not delivered to its end, because the caller disconnected.", request_id, error)
    except RuntimeRejected as error:
        _judge(error, request_id)
    finally:
        _close(reply)
        _do_the_rest(reply, request_id)


def main() -> NoReturn:
    """Serve until the process ends."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = _loaded(os.environ["_HANDLER"])
    except BaseException as error:  # noqa: BLE001 - unreported, Lambda would wait for its time-out
        _log("The function could not be loaded.", "", error)
        api.fail_to_start(error)
        sys.exit(1)
    while True:
        serve(api, handler)


def _loaded(name: str) -> Handler:
    module, _, attribute = name.replace("/", ".").rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), attribute)
    return handler


def _whole(reply: HandlerResponse) -> bytes:
    try:
        body = b"".join(reply.body).decode()
    finally:
        _close(reply)
    return json.dumps({"statusCode": reply.status, "headers": dict(reply.headers), "body": body}).encode()


def _close(reply: HandlerResponse) -> None:
    close = getattr(reply.body, "close", None)
    if close:
        close()


def _do_the_rest(reply: HandlerResponse, request_id: str) -> None:
    # Lambda freezes the process when it asks for the next event, and not before.
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    try:
        if reply.after:
            reply.after()
    except Exception as error:  # noqa: BLE001 - the caller has the answer, and the next call must be taken
        _log("The work after the answer failed.", request_id, error)


def _unless_broken(send: Callable[[str, Any], None], request_id: str, what: Any) -> None:
    try:
        send(request_id, what)
    except RuntimeRejected as error:
        _judge(error, request_id)


def _judge(error: RuntimeRejected, request_id: str) -> None:
    # 500 is documented as not recoverable: the runtime should exit. Anything else concerns this call only, which
    # Lambda has ended by then (413: too large, 400: too late).
    if error.status >= 500:
        raise error
    _log("The Runtime API refused the answer.", request_id, error)


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


def _log(message: str, request_id: str, error: BaseException) -> None:
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    line = {"level": "ERROR", "message": message, "request_id": request_id, "error": type(error).__name__}
    print(json.dumps({**line, "places": places}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
