"""AssistantApi: the REST API of the assistant, with its sign-in and its limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.assistant.sign_in_pool import SignInPool
from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.network import HTTPS

# Seconds for which API Gateway waits for a response in one piece.
WHOLE_ANSWER = 29
PARAMETER = re.compile(r"\{[^}]+\}")
ERROR = '{"message": $context.error.messageString, "request_id": "$context.requestId"}'
BUSY = ERROR.replace(
    "$context.error.messageString",
    '"Too many questions are being answered right now. Try again soon."',
)
# What is no token is refused before a function is called.
BEARER = r"^[Bb]earer [A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
# What is open to everybody, and its part of the stage's rate and burst. A new account runs ten calls at once: with the
# defaults, a crowd begins nine of them at once. The page takes 20 ms, and a sign-in waits for the pool.
OPEN = {"/rag/GET": (1, 8), "/rag/{file+}/GET": (1, 20), "/rag/session/POST": (4, 20)}
# What an agent reads before it signs its user in: RFC 9728, and RFC 8414 under the names of both its uses.
WELL_KNOWN = (
    "oauth-protected-resource",
    "oauth-protected-resource/mcp",
    "oauth-authorization-server",
    "openid-configuration",
)
HEADERS = ("Authorization", "Content-Type", "X-Api-Key", "X-Amz-Date", "X-Amz-Security-Token")
LOGGED = {
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


@dataclass(frozen=True)
class TokenFunction:
    """A function that authorizes the bearer token of a request, as API Gateway's token authorizers do."""

    function: lambda_.IFunction


SignIn = Literal["iam", "api-key"] | SignInPool | TokenFunction


class AssistantApi(Construct):
    """An API with the stage `stage`; `answer`, `keep_documents`, `offer_tools` and `show_page` add its routes.

    `sign_in` is a SignInPool (requests carry its users' ID tokens), `iam` (signed requests), a TokenFunction
    (bearer tokens) or `api-key`. With it
    there is one key, `key_id`, beside the given `keys`. The API
    accepts `rate` requests per second and `burst` at once; what is open to everybody, the page and its sign-in, has a
    small part of both. `origins` are other origins whose pages may call the API;
    with several of them, a page cannot read API Gateway's own errors. With `vpc_endpoints`, the ids of interface
    endpoints of `execute-api`, the API is private and is reached through them alone. `log_role` creates the role with
    which API Gateway writes the access logs of every API in the account and region.

    Example::

        ask = ml.AssistantFunction(stack, "Ask", part="ask", variables={"ASSISTANT": "{}"})
        api = ml.AssistantApi(stack, "Api", name="articles", stage="live", sign_in="iam")
        api.answer(ask.function, seconds=120)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        stage: str,
        sign_in: SignIn,
        keys: Sequence[apigateway.IApiKey] = (),
        rate: int = 20,
        burst: int = 40,
        origins: Sequence[str] = (),
        vpc_endpoints: Sequence[str] = (),
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        log_role: bool = False,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self._name, self._stage, self._origins = name, stage, list(origins)
        group = logs.LogGroup(self, "AccessLog", retention=log_retention, removal_policy=removal_policy)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=name,
            description="Answers questions, and keeps the documents it answers from",
            endpoint_configuration=self._endpoints(vpc_endpoints),
            policy=_through(vpc_endpoints) if vpc_endpoints else None,
            # The page's files come in base64, whatever they are.
            binary_media_types=["*/*"],
            cloud_watch_role=log_role,
            # Other APIs write by it, too.
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if log_role else None,
            deploy_options=apigateway.StageOptions(
                stage_name=stage,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
                method_options=_page_limits(rate, burst),
                tracing_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(group),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(LOGGED)),
            ),
        )
        self.api.node.try_remove_child("Endpoint")  # an output, which is for the stack to say
        # Not the url of the L2, which waits for the stage, the stage for the methods, they for the page's function,
        # and that for this.
        # The name with the endpoint leads to it also where the endpoint has no private DNS.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html
        host = "-".join([self.api.rest_api_id, *vpc_endpoints[:1]])
        self.url = f"https://{host}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{stage}"
        self.page_url = f"{self.url}/rag"
        self.key_id: str | None = None
        self._users: apigateway.CognitoUserPoolsAuthorizer | None = None
        self._pool = sign_in.pool if isinstance(sign_in, SignInPool) else None
        self._authorized = self._signed_in(sign_in, keys, rate, burst)
        self._answer_errors()
        self._acknowledge(log_role=log_role)

    def _endpoints(self, vpc_endpoints: Sequence[str]) -> apigateway.EndpointConfiguration:
        kind = apigateway.EndpointType.PRIVATE if vpc_endpoints else apigateway.EndpointType.REGIONAL
        existing = [
            ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
                self, f"Existing-{id}", vpc_endpoint_id=id, port=HTTPS
            )
            for id in vpc_endpoints
        ]
        return apigateway.EndpointConfiguration(types=[kind], vpc_endpoints=[*existing] or None)

    def answer(self, function: lambda_.IFunction, *, seconds: int) -> None:
        """Add `POST /ask`, which streams its answer for up to `seconds` (at most 900), and the API of OpenAI's clients.

        These are `POST /v1/chat/completions`, which streams, too, and `GET /v1/models`.
        """
        integration = self._integration(function, seconds=seconds, streamed=True)
        self._add("ask", ["POST"], function, integration)
        self._add("v1/chat/completions", ["POST"], function, integration)
        self._add("v1/models", ["GET"], function, integration)

    def keep_documents(self, function: lambda_.IFunction) -> None:
        """Documents, originals, jobs, conversations, links, feedback, prompts, `/me`, `/health`, `/openapi.json`."""
        integration = self._integration(function, seconds=WHOLE_ANSWER)
        self._add("documents", ["GET", "POST", "DELETE"], function, integration)
        self._add("documents/{id}", ["DELETE"], function, integration)
        self._add("passages", ["GET"], function, integration)
        self._add("originals", ["GET"], function, integration)
        self._add("jobs/{id}", ["GET"], function, integration)
        self._add("conversations", ["GET"], function, integration)
        self._add("conversations/{id}", ["GET", "PATCH", "DELETE"], function, integration)
        self._add("shares", ["GET", "POST"], function, integration)
        self._add("shares/{id}", ["GET", "DELETE"], function, integration)
        self._add("feedback", ["GET"], function, integration)
        self._add("feedback/{id}", ["PUT", "DELETE"], function, integration)
        self._add("prompts", ["GET", "POST"], function, integration)
        self._add("me", ["GET"], function, integration)
        self._add("health", ["GET"], function, integration)
        self._add("openapi.json", ["GET"], function, integration)

    def offer_tools(self, function: lambda_.IFunction, scope: str | None = None) -> None:
        """Add `/mcp`, for agents.

        With a SignInPool requests carry access tokens with `scope` instead of ID tokens, and `/.well-known/…` says
        where an agent gets them, without a sign-in.
        """
        integration = self._integration(function, seconds=WHOLE_ANSWER)
        if self._pool is None or scope is None:
            self._add("mcp", ["GET", "POST", "DELETE"], function, integration)
            return
        # Not the authorizer of the page, which accepts ID tokens of the page's client alone.
        agents = apigateway.CognitoUserPoolsAuthorizer(
            self, "Agents", authorizer_name=f"{self._name}-agents", cognito_user_pools=[self._pool]
        )
        signed_in = apigateway.MethodOptions(
            authorizer=agents, authorization_type=apigateway.AuthorizationType.COGNITO, authorization_scopes=[scope]
        )
        self._add("mcp", ["GET", "POST", "DELETE"], function, integration, signed_in)
        reason = "Whoever has not signed in yet learns here where to; it is the same for everybody."
        for name in WELL_KNOWN:
            path = f".well-known/{name}"
            opened = self.api.root.resource_for_path(path).add_method("GET", integration)
            self._let_call(function, "GET", path)
            acknowledge(opened, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
        self.api.add_gateway_response(
            "SignIn",
            type=apigateway.ResponseType.UNAUTHORIZED,
            response_headers={
                **self._cors,
                "WWW-Authenticate": f"'Bearer resource_metadata=\"{self.url}/.well-known/{WELL_KNOWN[0]}\"'",
            },
            templates={"application/json": ERROR},
        )

    def show_page(self, function: lambda_.IFunction) -> None:
        """Add `/rag` and all paths below it, without a sign-in, because the page itself contains no data."""
        integration = self._integration(function, seconds=WHOLE_ANSWER)
        reason = "The page and its way to sign in are for whoever has not signed in yet; they hold and read no data."
        for method, path in (("GET", "rag"), ("GET", "rag/{file+}"), ("POST", "rag/session")):
            opened = self.api.root.resource_for_path(path).add_method(method, integration)
            self._let_call(function, method, path)
            acknowledge(opened, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})

    def admit(self, client: str) -> None:
        """Accept only users of this client of the SignInPool; without it, the API accepts users of every client."""
        if self._users is None:
            raise ValueError("admit() needs a SignInPool, but sign_in is not one; set sign_in to a SignInPool.")
        made = self._users.node.default_child
        assert isinstance(made, apigateway.CfnAuthorizer)  # noqa: S101 for the type checker
        made.identity_validation_expression = client
        # The stage goes by what was deployed.
        if self.api.latest_deployment:
            self.api.latest_deployment.add_to_logical_id({"client": client})

    def metric_server_errors(self) -> cloudwatch.Metric:
        """The number of responses with a status of 500 or more, summed over five minutes."""
        return self.api.deployment_stage.metric_server_error()

    def _signed_in(
        self, sign_in: SignIn, keys: Sequence[apigateway.IApiKey], rate: int, burst: int
    ) -> apigateway.MethodOptions:
        if isinstance(sign_in, SignInPool):
            self._users = apigateway.CognitoUserPoolsAuthorizer(
                self, "Users", authorizer_name=self._name, cognito_user_pools=[sign_in.pool]
            )
            return apigateway.MethodOptions(
                authorizer=self._users, authorization_type=apigateway.AuthorizationType.COGNITO
            )
        if isinstance(sign_in, TokenFunction):
            authorizer = apigateway.TokenAuthorizer(
                self,
                "Tokens",
                authorizer_name=self._name,
                handler=sign_in.function,
                results_cache_ttl=Duration.minutes(5),
                validation_regex=BEARER,
            )
            return apigateway.MethodOptions(
                authorizer=authorizer, authorization_type=apigateway.AuthorizationType.CUSTOM
            )
        if sign_in == "iam":
            return apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM)
        key = self.api.add_api_key("Key", description=f"Asks {self._name}")
        plan = self.api.add_usage_plan("Plan", throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=burst))
        plan.add_api_stage(stage=self.api.deployment_stage)
        plan.add_api_key(key)
        self.key_id = key.key_id
        for named in keys:
            plan.add_api_key(named)
        return apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.NONE, api_key_required=True)

    def _integration(
        self, function: lambda_.IFunction, *, seconds: int, streamed: bool = False
    ) -> apigateway.AwsIntegration:
        # The L2 for functions names its permissions by the path in the app, which is another one in a pipeline.
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

    def _let_call(self, function: lambda_.IFunction, method: str, path: str) -> None:
        called = PARAMETER.sub("*", f"/{path}")
        function.add_permission(
            f"{method} {called}",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=self.api.arn_for_execute_api(method, called, self._stage),
        )

    def _add(
        self,
        path: str,
        methods: Sequence[str],
        function: lambda_.IFunction,
        integration: apigateway.AwsIntegration,
        signed_in: apigateway.MethodOptions | None = None,
    ) -> None:
        resource, signed_in = self.api.root.resource_for_path(path), signed_in or self._authorized
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
                reason = "Who may call is known by an API key or an IAM signature."
                acknowledge(made, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
            elif signed_in.authorization_type == apigateway.AuthorizationType.CUSTOM:
                acknowledge(
                    made, {"AwsSolutions-COG4": "People have accounts at another issuer, whose tokens are checked."}
                )
        if self._origins:
            preflight = resource.add_cors_preflight(
                allow_origins=self._origins,
                allow_methods=[*methods, "OPTIONS"],
                allow_headers=list(HEADERS),
                max_age=Duration.hours(1),
            )
            # Every request is binary here, and a mock reads text only.
            answered = preflight.node.default_child
            assert isinstance(answered, apigateway.CfnMethod)  # noqa: S101 for the type checker
            answered.add_property_override("Integration.ContentHandling", "CONVERT_TO_TEXT")
            reason = "A browser asks without a sign-in whether it may ask; API Gateway answers from what is set here."
            acknowledge(preflight, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})

    @property
    def _cors(self) -> dict[str, str]:
        """What lets the page of the one other origin read API Gateway's own errors."""
        return {"Access-Control-Allow-Origin": f"'{self._origins[0]}'"} if len(self._origins) == 1 else {}

    def _answer_errors(self) -> None:
        """Errors of API Gateway itself get the form of the functions' errors."""
        cors = self._cors
        # Browsers open a page again by themselves after the second one.
        later = {"Retry-After": "'1'", "Refresh": "'2'"}
        kinds: dict[str, tuple[apigateway.ResponseType, str | None, str, Mapping[str, str]]] = {
            "Refused": (apigateway.ResponseType.DEFAULT_4_XX, None, ERROR, cors),
            "Late": (apigateway.ResponseType.INTEGRATION_TIMEOUT, "504", ERROR, cors),
            "Unsure": (apigateway.ResponseType.AUTHORIZER_FAILURE, "500", ERROR, cors),
            "Misled": (apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR, "500", ERROR, cors),
            "Throttled": (apigateway.ResponseType.THROTTLED, None, ERROR, {**cors, **later}),
            # A function that runs as often at once as it may takes no call. API Gateway has no type for that, and this
            # one is for all that have no answer of their own; of those another try helps most.
            "Busy": (apigateway.ResponseType.DEFAULT_5_XX, "503", BUSY, {**cors, **later}),
        }
        for id, (type, status, template, headers) in kinds.items():
            self.api.add_gateway_response(
                id,
                type=type,
                status_code=status,
                response_headers=headers or None,
                templates={"application/json": template},
            )

    def _acknowledge(self, *, log_role: bool) -> None:
        acknowledge(
            self.api,
            {
                "AwsSolutions-APIG2": "The functions check what they are sent, and say in one sentence what is wrong.",
                **(
                    {
                        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                        "AmazonAPIGatewayPushToCloudWatchLogs]": "Amazon's own policy for API Gateway's logs."
                    }
                    if log_role
                    else {}
                ),
            },
        )
        acknowledge(
            self.api.deployment_stage,
            {
                "AwsSolutions-APIG3": "Calls are signed in and throttled; a firewall of one's own can be attached.",
                "AwsSolutions-APIG6": "Every call is in the access log; execution logs would hold what was asked.",
            },
        )


def _through(vpc_endpoints: Sequence[str]) -> iam.PolicyDocument:
    """Requests through these endpoints, and no others; each still needs its sign-in."""
    sent = {"principals": [iam.AnyPrincipal()], "actions": ["execute-api:Invoke"], "resources": ["execute-api:/*"]}
    endpoints = {"aws:SourceVpce": list(vpc_endpoints)}
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(**sent, conditions={"StringEquals": endpoints}),
            iam.PolicyStatement(**sent, effect=iam.Effect.DENY, conditions={"StringNotEquals": endpoints}),
        ]
    )


def _page_limits(rate: int, burst: int) -> dict[str, apigateway.MethodDeploymentOptions]:
    """The limits for what is open to everybody."""
    return {
        path: apigateway.MethodDeploymentOptions(
            throttling_rate_limit=max(1, rate // of_rate), throttling_burst_limit=max(1, burst // of_burst)
        )
        for path, (of_rate, of_burst) in OPEN.items()
    }
