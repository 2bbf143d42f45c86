"""AssistantApi: the REST API of the assistant, with its sign-in and its limits."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.assistant.access_log import access_log
from opensearch_ml.assistant.api_access import SignIn, own_key, signed_in, through
from opensearch_ml.assistant.api_errors import ERROR, answer_errors, error_headers
from opensearch_ml.assistant.api_routes import ApiRoutes
from opensearch_ml.assistant.assistant_page import AssistantPage
from opensearch_ml.assistant.open_limits import OpenLimits
from opensearch_ml.assistant.page_routes import add_page
from opensearch_ml.assistant.sign_in_pool import SignInPool
from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.network import HTTPS

# What an agent reads before it signs its user in: RFC 9728, and RFC 8414 under both of its names.
WELL_KNOWN = (
    "oauth-protected-resource",
    "oauth-protected-resource/mcp",
    "oauth-authorization-server",
    "openid-configuration",
)


class AssistantApi(Construct):
    """An API with the stage `stage`; `answer`, `keep_documents`, `offer_tools` and `show_page` add its routes.

    `sign_in` is a SignInPool (requests carry its users' ID tokens), `iam` (signed requests), a TokenFunction
    (bearer tokens) or `api-key`. With `api-key` one key, `key_id`, is created in addition to the given `keys`.

    Each method accepts `rate` requests per second and `burst` at once. A method that is open to everybody and calls a
    function, such as the page's sign-in, accepts a small part of both. `origins` are other origins whose pages may call
    the API; with several of them, a page cannot read API Gateway's own errors.

    `vpc_endpoints` are the ids of interface endpoints of `execute-api`. With them the API is private, and only these
    endpoints lead to it. `log_role` creates the role with which API Gateway writes the access logs of every API in the
    account and region.

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
        self._name = name
        group = logs.LogGroup(self, "AccessLog", retention=log_retention, removal_policy=removal_policy)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=name,
            description="Answers questions, and keeps the documents it answers from",
            endpoint_configuration=self._endpoints(vpc_endpoints),
            policy=through(vpc_endpoints) if vpc_endpoints else None,
            # The page's objects are compressed.
            binary_media_types=["*/*"],
            cloud_watch_role=log_role,
            # Other APIs write their logs with this role, too.
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if log_role else None,
            deploy_options=apigateway.StageOptions(
                stage_name=stage,
                tracing_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(group),
                access_log_format=access_log(sign_in),
            ),
        )
        self.api.node.try_remove_child("Endpoint")  # the stack declares its own outputs
        # The url of the L2 would be a dependency circle: url → stage → methods → the page's functions → url.
        # The host name with the endpoint's id also works where the endpoint has no private DNS.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html
        host = "-".join([self.api.rest_api_id, *vpc_endpoints[:1]])
        self.url = f"https://{host}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{stage}"
        self.page_url = f"{self.url}/rag"
        self._pool = sign_in.pool if isinstance(sign_in, SignInPool) else None
        authorized = signed_in(self, name, sign_in)
        self._users = authorized.authorizer
        self.key_id: str | None = None
        if sign_in == "api-key":
            throttle = apigateway.ThrottleSettings(rate_limit=rate, burst_limit=burst)
            self.key_id = own_key(self.api, name, keys, throttle)
        self._limits = OpenLimits(self.api.deployment_stage, rate, burst)
        self._routes = ApiRoutes(self.api, stage, authorized, origins, self._limits)
        answer_errors(self.api, self._routes.cors)
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

        The latter is `POST /v1/chat/completions`, which also streams, and `GET /v1/models`.
        """
        integration = self._routes.integration(function, seconds=seconds, streamed=True)
        self._routes.add("ask", ["POST"], function, integration)
        self._routes.add("v1/chat/completions", ["POST"], function, integration)
        self._routes.add("v1/models", ["GET"], function, integration)

    def keep_documents(self, function: lambda_.IFunction) -> None:
        """Add the routes of everything except answers, tools and the page.

        They are documents, passages, originals, jobs, conversations, shares, feedback, prompts, `/me`, `/health` and
        `/openapi.json`.
        """
        integration = self._routes.integration(function)
        self._routes.add("documents", ["GET", "POST", "DELETE"], function, integration)
        self._routes.add("documents/{id}", ["DELETE"], function, integration)
        self._routes.add("passages", ["GET"], function, integration)
        self._routes.add("originals", ["GET"], function, integration)
        self._routes.add("jobs/{id}", ["GET"], function, integration)
        self._routes.add("conversations", ["GET"], function, integration)
        self._routes.add("conversations/{id}", ["GET", "PATCH", "DELETE"], function, integration)
        self._routes.add("shares", ["GET", "POST"], function, integration)
        self._routes.add("shares/{id}", ["GET", "DELETE"], function, integration)
        self._routes.add("feedback", ["GET"], function, integration)
        self._routes.add("feedback/{id}", ["PUT", "DELETE"], function, integration)
        self._routes.add("prompts", ["GET", "POST"], function, integration)
        self._routes.add("me", ["GET"], function, integration)
        self._routes.add("health", ["GET"], function, integration)
        self._routes.add("openapi.json", ["GET"], function, integration)

    def offer_tools(self, function: lambda_.IFunction, scope: str | None = None) -> None:
        """Add `/mcp`, for agents.

        With a SignInPool and a `scope`, requests carry access tokens with this scope instead of ID tokens. The routes
        `/.well-known/…`, which need no sign-in, describe where an agent gets these tokens.
        """
        integration = self._routes.integration(function)
        if self._pool is None or scope is None:
            self._routes.add("mcp", ["GET", "POST", "DELETE"], function, integration)
            return
        # The page's authorizer does not fit: it accepts only ID tokens of the page's client.
        agents = apigateway.CognitoUserPoolsAuthorizer(
            self, "Agents", authorizer_name=f"{self._name}-agents", cognito_user_pools=[self._pool]
        )
        with_scope = apigateway.MethodOptions(
            authorizer=agents, authorization_type=apigateway.AuthorizationType.COGNITO, authorization_scopes=[scope]
        )
        self._routes.add("mcp", ["GET", "POST", "DELETE"], function, integration, with_scope)
        reason = "Clients read here where to sign in before they have a token; the answer is the same for everybody."
        for name in WELL_KNOWN:
            self._routes.open(f".well-known/{name}", "GET", function, integration, reason)
        self.api.add_gateway_response(
            "SignIn",
            type=apigateway.ResponseType.UNAUTHORIZED,
            response_headers={
                **error_headers(self._routes.cors),
                "WWW-Authenticate": f"'Bearer resource_metadata=\"{self.url}/.well-known/{WELL_KNOWN[0]}\"'",
            },
            templates={"application/json": ERROR},
        )

    def show_page(self, page: AssistantPage, session: lambda_.IFunction) -> None:
        """Add `/rag` and its files from the objects of `page`, and its sign-in by the function `session`.

        These routes are open to everybody, because people need them to sign in.
        """
        add_page(self.api, page, self._limits)
        reason = (
            "The page calls this route to sign in, so nobody can be signed in yet; the function reads no documents."
        )
        self._routes.open("rag/session", "POST", session, self._routes.integration(session), reason)

    def admit(self, client: str) -> None:
        """Accept only users of this client of the SignInPool; without this call, users of every client are accepted.

        Raises ValueError when `sign_in` is not a SignInPool.
        """
        if not isinstance(self._users, apigateway.CognitoUserPoolsAuthorizer):
            raise ValueError("admit() needs a SignInPool, but sign_in is not one; set sign_in to a SignInPool.")
        made = self._users.node.default_child
        assert isinstance(made, apigateway.CfnAuthorizer)  # noqa: S101 for the type checker
        made.identity_validation_expression = client
        # A stage uses a changed authorizer only after a new deployment.
        if self.api.latest_deployment:
            self.api.latest_deployment.add_to_logical_id({"client": client})

    def metric_server_errors(self) -> cloudwatch.Metric:
        """The number of responses with a status of 500 or more, summed over five minutes."""
        return self.api.deployment_stage.metric_server_error()

    def _acknowledge(self, *, log_role: bool) -> None:
        acknowledge(
            self.api,
            {
                "AwsSolutions-APIG2": "The functions validate each request, and describe an error in a sentence.",
                **(
                    {
                        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                        "AmazonAPIGatewayPushToCloudWatchLogs]": "API Gateway needs this managed policy to write logs."
                    }
                    if log_role
                    else {}
                ),
            },
        )
        acknowledge(
            self.api.deployment_stage,
            {
                "AwsSolutions-APIG3": "Callers sign in and calls are throttled; a setting attaches a firewall.",
                "AwsSolutions-APIG6": "The access log has every call, and execution logs would contain the questions.",
            },
        )
