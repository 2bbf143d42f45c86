"""The rate limits of the routes that are open to everybody."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

from opensearch_ml.assistant.assistant_page import KEYS

# The open routes, and by which numbers the stage's rate and burst are divided for them. API Gateway reads the page
# without a function, so the page gets the whole rate. A sign-in calls a function that waits for the pool, and a new
# account runs only ten calls at once.
OPEN = {**{f"/{key}/GET": (1, 1) for key in KEYS}, "/rag/session/POST": (4, 20)}


def open_limits(rate: int, burst: int) -> dict[str, apigateway.MethodDeploymentOptions]:
    """The limit of each open route, by its path and method, if the stage accepts `rate` and `burst`."""
    return {
        path: apigateway.MethodDeploymentOptions(
            throttling_rate_limit=max(1, rate // of_rate), throttling_burst_limit=max(1, burst // of_burst)
        )
        for path, (of_rate, of_burst) in OPEN.items()
    }
