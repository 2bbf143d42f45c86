"""The errors of API Gateway itself, in the form of the functions' errors."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway

from opensearch_ml.assistant.browser_headers import ERROR_HEADERS, quoted

ERROR = '{"message": $context.error.messageString, "request_id": "$context.requestId"}'
BUSY = ERROR.replace(
    "$context.error.messageString",
    '"Too many questions are being answered right now. Try again soon."',
)


def answer_errors(api: apigateway.RestApi, cors: Mapping[str, str]) -> None:
    """Add a response for each kind of error, with the headers `cors`."""
    fixed = error_headers(cors)
    # With `Refresh`, a browser loads the page again by itself after two seconds.
    later = {"Retry-After": "'1'", "Refresh": "'2'"}
    kinds: dict[str, tuple[apigateway.ResponseType, str | None, str, Mapping[str, str]]] = {
        "Refused": (apigateway.ResponseType.DEFAULT_4_XX, None, ERROR, fixed),
        "Late": (apigateway.ResponseType.INTEGRATION_TIMEOUT, "504", ERROR, fixed),
        "Unsure": (apigateway.ResponseType.AUTHORIZER_FAILURE, "500", ERROR, fixed),
        "Misled": (apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR, "500", ERROR, fixed),
        "Throttled": (apigateway.ResponseType.THROTTLED, None, ERROR, {**fixed, **later}),
        # A function at its limit of concurrent calls refuses the call. API Gateway has no response type for that. This
        # type covers all 5xx errors without a type of their own, and for most of them another try helps.
        "Busy": (apigateway.ResponseType.DEFAULT_5_XX, "503", BUSY, {**fixed, **later}),
    }
    for id, (type, status, template, headers) in kinds.items():
        api.add_gateway_response(
            id,
            type=type,
            status_code=status,
            response_headers=headers,
            templates={"application/json": template},
        )


def error_headers(cors: Mapping[str, str]) -> dict[str, str]:
    """The headers of each error of API Gateway itself, in addition to those of `cors`."""
    return {**quoted(ERROR_HEADERS), **cors}
