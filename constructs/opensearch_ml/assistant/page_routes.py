"""The page's routes: API Gateway reads the page's files itself, so a visit to the page calls no function."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway

from opensearch_ml.assistant.assistant_page import KEYS, AssistantPage
from opensearch_ml.assistant.browser_headers import BROWSER_HEADERS, ERROR_HEADERS, quoted
from opensearch_ml.assistant.open_limits import OpenLimits
from opensearch_ml.engine.acknowledge import acknowledge

# Keys do not change with the content, so browsers revalidate each time and mostly get a 304.
REVALIDATED = {**BROWSER_HEADERS, "Cache-Control": "no-cache"}
STORED = {name: name for name in ("Content-Type", "Content-Encoding", "ETag")} | {
    # This header contains single quotes, which a static value in API Gateway cannot contain.
    "Content-Security-Policy": "x-amz-meta-content-security-policy"
}
ABSENT = {"message": "This file does not exist. The page is at /rag.", "cause": "not-found"}
CONDITION = "request.header.If-None-Match"


def add_page(api: apigateway.RestApi, page: AssistantPage, limits: OpenLimits) -> None:
    """Add `GET` for each object of the page, open to everybody; no function is called, so it gets the whole rate."""
    reason = "People open the page before they sign in, and the page contains no data."
    answers = _answers()
    declared = [
        apigateway.MethodResponse(
            status_code=answer.status_code, response_parameters=dict.fromkeys(answer.response_parameters or {}, True)
        )
        for answer in answers
    ]
    for key in KEYS:
        opened = api.root.resource_for_path(key).add_method(
            "GET",
            apigateway.AwsIntegration(
                service="s3",
                path=f"{page.bucket.bucket_name}/{key}",
                integration_http_method="GET",
                options=apigateway.IntegrationOptions(
                    credentials_role=page.reader,
                    request_parameters={f"integration.{CONDITION}": f"method.{CONDITION}"},
                    integration_responses=answers,
                ),
            ),
            request_parameters={f"method.{CONDITION}": False},
            method_responses=declared,
        )
        limits.add(key, "GET", (1, 1))
        acknowledge(opened, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})


def _answers() -> list[apigateway.IntegrationResponse]:
    """The responses for the answers of S3 that are expected here; API Gateway turns any other into its own error."""
    problem = json.dumps(ABSENT)[:-1] + ', "request_id": "$context.requestId"}'
    return [
        apigateway.IntegrationResponse(
            status_code="200", selection_pattern="200", response_parameters=_headers(REVALIDATED, STORED)
        ),
        apigateway.IntegrationResponse(
            status_code="304", selection_pattern="304", response_parameters=_headers(REVALIDATED, {"ETag": "ETag"})
        ),
        # S3 answers 403 for a missing object, and its answer contains the bucket's name.
        apigateway.IntegrationResponse(
            status_code="404",
            selection_pattern="403|404",
            # Every response is binary here, and a template needs text.
            content_handling=apigateway.ContentHandling.CONVERT_TO_TEXT,
            response_templates={"application/json": problem},
            response_parameters=_headers({**ERROR_HEADERS, "Content-Type": "application/json"}, {}),
        ),
    ]


def _headers(fixed: dict[str, str], stored: dict[str, str]) -> dict[str, str]:
    values = quoted(fixed) | {name: f"integration.response.header.{source}" for name, source in stored.items()}
    return {f"method.response.header.{name}": value for name, value in values.items()}
