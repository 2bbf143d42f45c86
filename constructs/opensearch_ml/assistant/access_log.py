"""What the API logs of each request."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway

from opensearch_ml.assistant.api_access import SignIn, TokenFunction

# Where API Gateway has the person: an authorizer of a user pool gives claims, and a function gives a principal.
_CLAIM, _PRINCIPAL = "$context.authorizer.claims.sub", "$context.authorizer.principalId"
_FIELDS = {
    "time": "$context.requestTimeEpoch",
    "request_id": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "user": _CLAIM,
    "role": "$context.identity.userArn",
    "key": "$context.identity.apiKeyId",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "function_milliseconds": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "error": "$context.error.message",
    "function_error": "$context.integrationErrorMessage",
}


def access_log(sign_in: SignIn) -> apigateway.AccessLogFormat:
    """The format of the log of an API whose callers sign in this way."""
    user = _PRINCIPAL if isinstance(sign_in, TokenFunction) else _CLAIM
    return apigateway.AccessLogFormat.custom(json.dumps(_FIELDS | {"user": user}))
