"""ApiRoutes: the methods of an API that call functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from opensearch_ml.assistant.open_limits import OpenLimits
from opensearch_ml.engine.acknowledge import acknowledge

# Seconds for which API Gateway waits for a response in one piece.
WHOLE_ANSWER = 29
# A route that is open to everybody and calls a function gets this part of the stage's rate and burst: the function may
# wait for others, and a new account runs only ten calls at once.
OPEN_SHARES = (4, 20)
PARAMETER = re.compile(r"\{[^}]+\}")
HEADERS = ("Authorization", "Content-Type", "X-Api-Key", "X-Amz-Date", "X-Amz-Security-Token")


class ApiRoutes:
    """Adds methods to `api`, either for callers that meet `authorized` or for everybody.

    Pages of `origins` may call the methods that need a sign-in.
    """

    def __init__(
        self,
        api: apigateway.RestApi,
        stage: str,
        authorized: apigateway.MethodOptions,
        origins: Sequence[str],
        limits: OpenLimits,
    ) -> None:
        self._api, self._stage, self._authorized, self._origins = api, stage, authorized, list(origins)
        self._limits = limits

    def integration(
        self, function: lambda_.IFunction, *, seconds: int = WHOLE_ANSWER, streamed: bool = False
    ) -> apigateway.AwsIntegration:
        """A call of `function`, which may take `seconds`."""
        # The L2 for functions derives its permissions' logical ids from the path in the app, which differs in a
        # pipeline.
        version, operation = (
            ("2021-11-15", "response-streaming-invocations") if streamed else ("2015-03-31", "invocations")
        )
        mode = apigateway.ResponseTransferMode.STREAM if streamed else None
        return apigateway.AwsIntegration(
            service="lambda",
            path=f"{version}/functions/{function.function_arn}/{operation}",
            integration_http_method="POST",
            proxy=True,
            options=apigateway.IntegrationOptions(timeout=Duration.seconds(seconds), response_transfer_mode=mode),
        )

    def add(
        self,
        path: str,
        methods: Sequence[str],
        function: lambda_.IFunction,
        integration: apigateway.AwsIntegration,
        signed_in: apigateway.MethodOptions | None = None,
    ) -> None:
        """Add `methods` at `path`; `signed_in` is the required authorization, by default that of the API."""
        resource, signed_in = self._api.root.resource_for_path(path), signed_in or self._authorized
        for method in methods:
            self._let_call(function, method, path)
            made = resource.add_method(
                method,
                integration,
                authorizer=signed_in.authorizer,
                authorization_type=signed_in.authorization_type,
                authorization_scopes=signed_in.authorization_scopes,
                api_key_required=signed_in.api_key_required,
            )
            if signed_in.authorizer is None:
                reason = "An API key or an IAM signature identifies the caller."
                acknowledge(made, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
            elif signed_in.authorization_type == apigateway.AuthorizationType.CUSTOM:
                acknowledge(
                    made,
                    {"AwsSolutions-COG4": "People sign in with another issuer, and the authorizer checks its tokens."},
                )
        if self._origins:
            self._preflight(resource, methods)

    def open(
        self,
        path: str,
        method: str,
        function: lambda_.IFunction,
        integration: apigateway.AwsIntegration,
        reason: str,
    ) -> None:
        """Add `method` at `path` for everybody, with a limit of its own; `reason` tells cdk-nag why."""
        opened = self._api.root.resource_for_path(path).add_method(method, integration)
        self._let_call(function, method, path)
        self._limits.add(path, method, OPEN_SHARES)
        acknowledge(opened, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})

    @property
    def cors(self) -> dict[str, str]:
        """The header with which a page of another origin can read API Gateway's own errors.

        Empty unless there is exactly one origin, because the header takes only one.
        """
        return {"Access-Control-Allow-Origin": f"'{self._origins[0]}'"} if len(self._origins) == 1 else {}

    def _preflight(self, resource: apigateway.Resource, methods: Sequence[str]) -> None:
        preflight = resource.add_cors_preflight(
            allow_origins=self._origins,
            allow_methods=[*methods, "OPTIONS"],
            allow_headers=list(HEADERS),
            max_age=Duration.hours(1),
        )
        # Every request of this API is binary, and a mock integration reads only text.
        answered = preflight.node.default_child
        assert isinstance(answered, apigateway.CfnMethod)  # noqa: S101 for the type checker
        answered.add_property_override("Integration.ContentHandling", "CONVERT_TO_TEXT")
        reason = "Browsers send preflight requests without credentials, and API Gateway answers with fixed headers."
        acknowledge(preflight, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})

    def _let_call(self, function: lambda_.IFunction, method: str, path: str) -> None:
        called = PARAMETER.sub("*", f"/{path}")
        function.add_permission(
            f"{method} {called}",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=self._api.arn_for_execute_api(method, called, self._stage),
        )
