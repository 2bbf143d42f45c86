"""The limits of what is open to everybody."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

# What is open to everybody, and its part of the stage's rate and burst. A new account runs ten calls at once: with the
# defaults, a crowd begins nine of them at once. The page takes 20 ms, and a sign-in waits for the pool.
OPEN = {"/rag/GET": (1, 8), "/rag/{file+}/GET": (1, 20), "/rag/session/POST": (4, 20)}


def open_limits(rate: int, burst: int) -> dict[str, apigateway.MethodDeploymentOptions]:
    """The limit of each open route, by its path and method, where the stage accepts `rate` and `burst`."""
    return {
        path: apigateway.MethodDeploymentOptions(
            throttling_rate_limit=max(1, rate // of_rate), throttling_burst_limit=max(1, burst // of_burst)
        )
        for path, (of_rate, of_burst) in OPEN.items()
    }
