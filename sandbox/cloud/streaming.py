"""Streamed answers through API Gateway's REST APIs and `InvokeWithResponseStream`.

MiniStack 1.5.33 ignores `responseTransferMode`, lacks the URIs of streaming integrations, and sends every answer in one
piece. Its `StreamingResponse` can send a body in pieces; this module uses it.

Facts: https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import StreamingResponse
from ministack.services import apigateway_v1, lambda_svc
from ministack.services.cloudformation import provisioners

from sandbox.cloud.answer_stream import begun, read_prelude
from sandbox.cloud.integrations import BadGateway, EventTooLarge, function_throttled, too_large

logger = logging.getLogger("sandbox.cloud.streaming")

METHOD = "AWS::ApiGateway::Method"
STREAM = "STREAM"
STREAMING_URI = ("/2021-11-15/functions/", "/response-streaming-invocations")
LONGEST_SECONDS = 900.0
Response = tuple[int, dict[str, Any], Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


def install() -> None:
    """Wraps MiniStack's REST APIs and its streaming invocation; once per process."""
    _keep_transfer_mode()
    _stream_integrations()
    _stream_invocations()


def streamed_function(uri: str) -> str | None:
    """The function's ARN in a streaming integration's URI; None for any other URI."""
    before, after = STREAMING_URI
    _, separator, rest = uri.partition(before)
    return rest.removesuffix(after) if separator and rest.endswith(after) else None


def _keep_transfer_mode() -> None:
    put, handlers = apigateway_v1._put_integration, provisioners._RESOURCE_HANDLERS[METHOD]
    create = provisioners._apigw_method_create

    def keep(api_id: str, resource_id: str, http_method: str, mode: str | None) -> None:
        method = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][http_method]
        method["methodIntegration"]["responseTransferMode"] = mode or "BUFFERED"

    def _put_integration(api_id: str, resource_id: str, http_method: str, data: dict[str, Any]) -> Response:
        answer: Response = put(api_id, resource_id, http_method, data)
        if answer[0] != 201:
            return answer
        keep(api_id, resource_id, http_method, data.get("responseTransferMode"))
        given: Response = apigateway_v1._get_integration(api_id, resource_id, http_method)
        return 201, given[1], given[2]

    def _apigw_method_create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        if integration := props.get("Integration"):
            method = props.get("HttpMethod", "ANY")
            keep(props["RestApiId"], props["ResourceId"], method, integration.get("ResponseTransferMode"))
        return made

    apigateway_v1._put_integration = _put_integration
    # MiniStack's update of a method calls the function of this name.
    provisioners._apigw_method_create = _apigw_method_create
    handlers["create"] = _apigw_method_create


def _stream_integrations() -> None:
    invoke = apigateway_v1._invoke_lambda_proxy_v1

    async def _invoke_lambda_proxy_v1(integration: dict[str, Any], *request: Any, **more: Any) -> Any:
        if integration.get("responseTransferMode") != STREAM:
            return await invoke(integration, *request, **more)
        function = streamed_function(integration.get("uri", ""))
        if function is None:
            logger.error("A STREAM integration has the URI %s, which does not stream.", integration.get("uri"))
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
        scope = {"account_id": more.pop("owner_account_id"), "region": more.pop("owner_region")}
        try:
            event = apigateway_v1._build_lambda_event_v1(*request, **more)
        except EventTooLarge:
            return too_large()
        seconds = float(integration.get("timeoutInMillis") or LONGEST_SECONDS * 1000) / 1000
        return await _answered(lambda: apigateway_v1._call_lambda_raw(function, event, **scope), function, seconds)

    apigateway_v1._invoke_lambda_proxy_v1 = _invoke_lambda_proxy_v1


async def _answered(call: Callable[[], Awaitable[Any]], function: str, seconds: float) -> Any:
    deadline = asyncio.get_running_loop().time() + seconds
    stream, running = begun(call)
    pieces = stream.pieces()
    try:
        async with asyncio.timeout_at(deadline):
            prelude = await read_prelude(pieces)
            result, missing = (None, None) if prelude else await asyncio.shield(running)
    except TimeoutError:
        return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    if missing:
        return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
    if prelude is None and (result or {}).get("throttle"):
        return function_throttled()
    if prelude is None:
        said = (result or {}).get("body") if (result or {}).get("error") else "not a streamed answer with a prelude"
        logger.error("%s gave API Gateway no streamed answer: %s", function, said)
        return BadGateway()

    async def send_all(send: Send) -> None:
        async with asyncio.timeout_at(deadline):
            if prelude.body:
                await _piece(send, prelude.body)
            async for piece in pieces:
                await _piece(send, piece)
            if stream.whole:
                return
            outcome, _ = await asyncio.shield(running)
        if outcome.get("error"):
            raise _Truncated(f"{function}: {outcome.get('body')}")

    headers: dict[str, Any] = {} if _has(prelude.headers, "content-type") else {"Content-Type": "application/json"}
    return prelude.status, headers | prelude.headers, StreamingResponse(_while_there(send_all))


def _stream_invocations() -> None:
    invoke, action = lambda_svc._invoke_with_response_stream, iam_actions._lambda_action

    async def _invoke_with_response_stream(*request: Any, **more: Any) -> Response:
        stream, running = begun(lambda: invoke(*request, **more))
        pieces = stream.pieces()
        first = await anext(pieces, None)
        if first is None:
            whole: Response = await running
            return whole

        async def send_all(send: Send) -> None:
            await _piece(send, _message("PayloadChunk", "application/octet-stream", first))
            async for piece in pieces:
                await _piece(send, _message("PayloadChunk", "application/octet-stream", piece))
            headers = {} if stream.whole else (await asyncio.shield(running))[1]
            failed = headers.get("X-Amz-Function-Error")
            last = {"ErrorCode": failed, "ErrorDetails": "The function ended before its answer did."} if failed else {}
            await _piece(send, _message("InvokeComplete", "application/json", json.dumps(last).encode()))

        headers = {"Content-Type": "application/vnd.amazon.eventstream"}
        return 200, headers, StreamingResponse(_while_there(send_all))

    def _lambda_action(method: str, path: str) -> str | None:
        # IAM has no separate action for streaming invocations.
        if method == "POST" and path.endswith(STREAMING_URI[1]):
            return "InvokeFunction"
        name: str | None = action(method, path)
        return name

    lambda_svc._invoke_with_response_stream = _invoke_with_response_stream
    iam_actions._lambda_action = _lambda_action


class _Truncated(Exception):
    """The function failed after its answer had begun."""


def _while_there(send_all: Callable[[Send], Awaitable[None]]) -> Callable[[Send, Receive], Awaitable[None]]:
    """Send until the end, or until the client disconnects. The function then continues, as on Amazon.

    An answer that ends early gets no last frame. The client then knows that the answer is incomplete.
    """

    async def run(send: Send, receive: Receive) -> None:
        sending, leaving = asyncio.ensure_future(send_all(send)), asyncio.ensure_future(_left(receive))
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        if not sending.done():
            sending.cancel()
            return
        try:
            sending.result()
        except (_Truncated, TimeoutError) as reason:
            logger.error("A streamed answer breaks off: %s", str(reason) or "the integration's time is over")
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return run


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _piece(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _message(kind: str, content_type: str, payload: bytes) -> bytes:
    headers = {":message-type": "event", ":event-type": kind, ":content-type": content_type}
    encoded: bytes = lambda_svc._es_encode_message(headers, payload)
    return encoded


def _has(headers: dict[str, Any], name: str) -> bool:
    return name in (key.lower() for key in headers)
