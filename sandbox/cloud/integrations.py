"""The behaviour of a REST API around a function: limits of size and time, malformed answers, the caller's API key.

MiniStack 1.5.33 differs from Amazon in these points:

- It accepts bodies and events of any size, and waits without a limit.
- It passes on answers that are not proxy responses.
- It answers a crash with the text of the error, and a throttled function with 429.
- It does not pass the API key to the function.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from ministack.services import apigateway_v1

MOST_REQUEST_BYTES = 10 * 1024 * 1024
MOST_FUNCTION_BYTES = 6 * 1024 * 1024
WAIT_MILLISECONDS = 29_000
IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)
Record = dict[str, Any]


class Malformed(Exception):
    """The function's answer is not a proxy response, or the function crashed."""


class IntegrationThrottled(Exception):
    """The function has reached its limit of simultaneous calls."""


class EventTooLarge(Exception):
    """The event with its body is larger than a function accepts. Base64 makes a body a third larger."""


class BadGateway(apigateway_v1._GatewayError):  # type: ignore[misc]
    """The gateway response DEFAULT_5XX, with the status 502 unless the API sets another."""

    def __init__(self) -> None:
        super().__init__("DEFAULT_5XX", "Internal server error", "InternalServerErrorException")


def install() -> None:
    """Wraps MiniStack's execution of REST methods; once per process, before `streaming`, which has its own timeouts."""
    apigateway_v1._execute_in_scope = _limited(apigateway_v1._execute_in_scope)
    apigateway_v1._invoke_lambda_proxy_v1 = _bounded(apigateway_v1._invoke_lambda_proxy_v1)
    apigateway_v1._lambda_proxy_response = _checked
    apigateway_v1._gateway_error_response = _rendered(apigateway_v1._gateway_error_response)
    apigateway_v1._build_lambda_event_v1 = _identified(apigateway_v1._build_lambda_event_v1)


def function_throttled() -> Any:
    """The gateway response for a throttled function: a 500 of the general type DEFAULT_5XX.

    It is neither a 429, which is for Amazon's own limits (https://stackoverflow.com/questions/36363280), nor an
    INTEGRATION_FAILURE (https://repost.aws/questions/QUfI6bsdd0SOiPeyimzxSkfQ).
    """
    return apigateway_v1._gw_error("DEFAULT_5XX", "Internal server error")


def too_large() -> Any:
    """The gateway response for a request that is too large to pass on."""
    return apigateway_v1._gw_error("REQUEST_TOO_LARGE", "Request Too Long")


def well_formed(answer: Record) -> bool:
    """Whether a function's answer is a proxy response of at most 6 MB."""
    if not str(answer.get("statusCode", "")).isdecimal():
        return False
    headers, several = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    return (
        100 <= int(answer["statusCode"]) <= 599
        and isinstance(answer.get("body"), str | None)
        and isinstance(answer.get("isBase64Encoded"), bool | None)
        and isinstance(headers, dict)
        and all(isinstance(value, str | int | float) for value in headers.values())
        and isinstance(several, dict)
        and all(isinstance(values, list) for values in several.values())
        and len(json.dumps(answer)) <= MOST_FUNCTION_BYTES
    )


def _limited(execute: Callable[..., Any]) -> Callable[..., Any]:
    async def _execute_in_scope(
        request: Record, api_id: str, stage_name: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name)
        if stage is not None and len(body) > MOST_REQUEST_BYTES:
            request["stage"] = stage
            return too_large()
        return await execute(request, api_id, stage_name, method, path, headers, body, *rest)

    return _execute_in_scope


def _bounded(invoke: Callable[..., Any]) -> Callable[..., Any]:
    async def _invoke_lambda_proxy_v1(integration: Record, *args: Any, **kwargs: Any) -> Any:
        seconds = int(integration.get("timeoutInMillis") or WAIT_MILLISECONDS) / 1000
        running = asyncio.ensure_future(invoke(integration, *args, **kwargs))
        # `wait_for` would cancel the call; MiniStack's threads react to that only after the function has ended.
        done, _ = await asyncio.wait({running}, timeout=seconds)
        if not done:
            running.add_done_callback(lambda late: late.cancelled() or late.exception())
            return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        try:
            return running.result()
        except Malformed:
            return BadGateway()
        except IntegrationThrottled:
            return function_throttled()
        except EventTooLarge:
            return too_large()

    return _invoke_lambda_proxy_v1


def _checked(result: Record) -> tuple[Record, None]:
    if result.get("throttle"):
        raise IntegrationThrottled
    answer = result.get("body")
    if isinstance(answer, str | bytes):
        try:
            answer = json.loads(answer)
        except ValueError:
            raise Malformed from None
    if result.get("error") or not isinstance(answer, dict) or not well_formed(answer):
        raise Malformed
    return {**answer, "statusCode": int(answer["statusCode"]), "body": answer.get("body") or ""}, None


def _rendered(render: Callable[..., Any]) -> Callable[..., Any]:
    def _gateway_error_response(error: Any, request: Record) -> Any:
        status, headers, body = render(error, request)
        return (502 if isinstance(error, BadGateway) and status == 500 else status), headers, body

    return _gateway_error_response


def _identified(build: Callable[..., Record]) -> Callable[..., Record]:
    def _build_lambda_event_v1(
        api_id: str, stage_name: str, stage: Record, resource: Record, path: str, method: str, headers: Record,
        *args: Any, **kwargs: Any,
    ) -> Record:  # fmt: skip
        event = build(api_id, stage_name, stage, resource, path, method, headers, *args, **kwargs)
        # Amazon gives a host name. Here an API has no host of its own; see `addresses`.
        event["requestContext"]["domainName"] = f"{headers.get('host', '')}/_aws/execute-api/{api_id}"
        identity = event["requestContext"]["identity"]
        identity.update({name: identity.get(name) for name in IDENTITY})
        methods = resource.get("resourceMethods", {})
        if (methods.get(method) or methods.get("ANY") or {}).get("apiKeyRequired"):
            value = apigateway_v1._api_key_from_request(headers)
            identity.update(apiKey=value, apiKeyId=(apigateway_v1._resolve_api_key(value) or {}).get("id"))
        if len(json.dumps(event, ensure_ascii=False).encode()) > MOST_FUNCTION_BYTES:
            raise EventTooLarge
        return event

    return _build_lambda_event_v1
