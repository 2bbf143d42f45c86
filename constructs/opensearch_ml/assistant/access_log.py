"""What the API logs of each request."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway

_FIELDS = {
    "time": "$context.requestTimeEpoch",
    "request_id": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "user": "$context.authorizer.claims.sub",
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
ACCESS_LOG = apigateway.AccessLogFormat.custom(json.dumps(_FIELDS))
