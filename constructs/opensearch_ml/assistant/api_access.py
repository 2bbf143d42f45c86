"""Who may call the API: its authorizer or its keys, and for a private API the endpoints that lead to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from opensearch_ml.assistant.sign_in_pool import SignInPool

# API Gateway refuses a header that contains no token, without a call of the function.
BEARER = r"^[Bb]earer [A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"


@dataclass(frozen=True)
class TokenFunction:
    """The function that authorizes the bearer token of a request, as API Gateway's token authorizers do."""

    function: lambda_.IFunction


SignIn = Literal["iam", "api-key"] | SignInPool | TokenFunction


def signed_in(scope: Construct, name: str, sign_in: SignIn) -> apigateway.MethodOptions:
    """The authorization that each method requires; an authorizer, if `sign_in` needs one, is created in `scope`."""
    if isinstance(sign_in, SignInPool):
        users = apigateway.CognitoUserPoolsAuthorizer(
            scope, "Users", authorizer_name=name, cognito_user_pools=[sign_in.pool]
        )
        return apigateway.MethodOptions(authorizer=users, authorization_type=apigateway.AuthorizationType.COGNITO)
    if isinstance(sign_in, TokenFunction):
        tokens = apigateway.TokenAuthorizer(
            scope,
            "Tokens",
            authorizer_name=name,
            handler=sign_in.function,
            results_cache_ttl=Duration.minutes(5),
            validation_regex=BEARER,
        )
        return apigateway.MethodOptions(authorizer=tokens, authorization_type=apigateway.AuthorizationType.CUSTOM)
    if sign_in == "iam":
        return apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM)
    return apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.NONE, api_key_required=True)


def own_key(
    api: apigateway.RestApi, name: str, keys: Sequence[apigateway.IApiKey], throttle: apigateway.ThrottleSettings
) -> str:
    """Create an API key and return its id; `throttle` limits it and the given `keys`."""
    key = api.add_api_key("Key", description=f"Asks {name}")
    plan = api.add_usage_plan("Plan", throttle=throttle)
    plan.add_api_stage(stage=api.deployment_stage)
    for each in (key, *keys):
        plan.add_api_key(each)
    return key.key_id


def through(vpc_endpoints: Sequence[str]) -> iam.PolicyDocument:
    """A policy that accepts only requests through these endpoints; each request still needs its sign-in."""
    sent = {"principals": [iam.AnyPrincipal()], "actions": ["execute-api:Invoke"], "resources": ["execute-api:/*"]}
    endpoints = {"aws:SourceVpce": list(vpc_endpoints)}
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(**sent, conditions={"StringEquals": endpoints}),
            iam.PolicyStatement(**sent, effect=iam.Effect.DENY, conditions={"StringNotEquals": endpoints}),
        ]
    )
