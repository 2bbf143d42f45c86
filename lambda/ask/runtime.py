"""A Lambda runtime that streams responses; Amazon's own Python runtimes cannot.

`stream-runtime` starts `python -m runtime` instead of Amazon's runtime. It loads the handler that `_HANDLER` names. For
each event from the Runtime API, it calls `handler(event, context)` and sends the returned `HandlerResponse` piece by
piece. The response is chunked: the status and headers as JSON, eight NUL bytes, and the body. API Gateway passes the
pieces on (`responseTransferMode: STREAM`). An event with `"buffered": true` comes from a direct call of the function,
and is answered with one JSON object, like the answer of an ordinary proxy function.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, NoReturn

from gateway.start import imported
from reply import HandlerResponse
from runtime_api import InvocationContext, RuntimeApi, RuntimeRejected

Handler = Callable[[Any, InvocationContext], HandlerResponse]


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
        _log("The answer was not sent completely, because the caller disconnected.", request_id, error)
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
    handler: Handler = imported(module, attribute)
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


def _log(message: str, request_id: str, error: BaseException) -> None:
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    line = {"level": "ERROR", "message": message, "request_id": request_id, "error": type(error).__name__}
    print(json.dumps({**line, "places": places}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
