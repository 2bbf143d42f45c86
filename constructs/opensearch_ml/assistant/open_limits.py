"""OpenLimits: the rate limits of the routes that are open to everybody and do work.

Those are the files of the page, its sign-in, and the addresses where agents learn where to sign in. A preflight is a
fixed answer of API Gateway itself, and has the limits of the stage.
"""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway


class OpenLimits:
    """Limits open routes of `stage`, whose `rate` and `burst` apply to each of its other methods."""

    def __init__(self, stage: apigateway.Stage, rate: int, burst: int) -> None:
        made = stage.node.default_child
        assert isinstance(made, apigateway.CfnStage)  # noqa: S101 for the type checker
        self._stage, self._rate, self._burst = made, rate, burst
        self._limits = [self._limit("/*", "*", (1, 1))]
        self._stage.method_settings = self._limits

    def add(self, path: str, method: str, shares: tuple[int, int]) -> None:
        """Limit a route; `shares` are the numbers by which the rate and the burst are divided for it."""
        self._limits.append(self._limit("/~1" + path.replace("/", "~1"), method, shares))
        self._stage.method_settings = self._limits

    def _limit(self, path: str, method: str, shares: tuple[int, int]) -> apigateway.CfnStage.MethodSettingProperty:
        of_rate, of_burst = shares
        return apigateway.CfnStage.MethodSettingProperty(
            resource_path=path,
            http_method=method,
            data_trace_enabled=False,
            throttling_rate_limit=max(1, self._rate // of_rate),
            throttling_burst_limit=max(1, self._burst // of_burst),
        )
