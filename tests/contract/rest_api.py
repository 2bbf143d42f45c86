"""Templates of a REST API with its function and its user pool, written as CDK writes them."""

from typing import Any

from tests.contract.cloud_process import role

Resources = dict[str, Any]
STAGE = "dev"

# By default answers with the event that it received; the body can ask for something else.
FUNCTION = """
import json, os, time

def handler(event, context):
    asked = json.loads(event["body"]) if (event["body"] or "").startswith("{") else {}
    time.sleep(asked.get("seconds", 0))
    if "raise" in asked:
        raise RuntimeError(asked["raise"])
    if "answer" in asked:
        return asked["answer"]
    told = {"context": event["requestContext"], "variables": dict(os.environ)}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(told)}
"""


def made(resource_type: str, depends_on: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"Type": resource_type, "Properties": properties, **({"DependsOn": list(depends_on)} if depends_on else {})}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def join(*parts: Any) -> dict[str, Any]:
    return {"Fn::Join": ["", list(parts)]}


def api_url(path: str = "") -> dict[str, Any]:
    """The address of the stage as CDK computes it."""
    return join(
        "https://", ref("Api"), ".execute-api.", ref("AWS::Region"), ".", ref("AWS::URLSuffix"), f"/{STAGE}{path}"
    )


def function(code: str = FUNCTION, **variables: Any) -> Resources:
    return {
        "Role": role("lambda.amazonaws.com"),
        "Function": made(
            "AWS::Lambda::Function",
            Runtime="python3.13",
            Handler="index.handler",
            Timeout=20,
            Role={"Fn::GetAtt": ["Role", "Arn"]},
            Code={"ZipFile": code},
            Environment={"Variables": variables},
        ),
        "Permission": made(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName={"Fn::GetAtt": ["Function", "Arn"]},
            Principal="apigateway.amazonaws.com",
        ),
    }


def resource(path: str) -> Resources:
    return {
        f"Path{path}": made(
            "AWS::ApiGateway::Resource",
            RestApiId=ref("Api"),
            ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
            PathPart=path,
        )
    }


def method(path: str, verb: str, milliseconds: int | None = None, **properties: Any) -> Resources:
    uri = join(
        "arn:aws:apigateway:",
        ref("AWS::Region"),
        ":lambda:path/2015-03-31/functions/",
        {"Fn::GetAtt": ["Function", "Arn"]},
        "/invocations",
    )
    integration: dict[str, Any] = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    if milliseconds is not None:
        integration["TimeoutInMillis"] = milliseconds
    named: dict[str, Any] = {"RestApiId": ref("Api"), "ResourceId": ref(f"Path{path}"), "HttpMethod": verb}
    settings = {"AuthorizationType": "NONE", **properties}
    return {f"{verb}{path}": made("AWS::ApiGateway::Method", Integration=integration, **named, **settings)}


def preflight(path: str, *origins: str) -> Resources:
    """What `add_cors_preflight(allow_origins=origins)` adds."""
    headers = {"Access-Control-Allow-Origin": f"'{origins[0]}'", "Vary": "'Origin'", "Access-Control-Max-Age": "'60'"}
    answer: dict[str, Any] = {
        "StatusCode": "204",
        "ResponseParameters": {f"method.response.header.{name}": value for name, value in headers.items()},
    }
    if len(origins) > 1:
        choice = " || ".join(f'$origin == "{origin}"' for origin in origins[1:])
        answer["ResponseTemplates"] = {
            "application/json": '#set($origin = $input.params().header.get("Origin"))\n#if($origin == "")\n'
            '  #set($origin = $input.params().header.get("origin"))\n#end\n'
            f"#if({choice})\n  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n#end"
        }
    integration = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
        "IntegrationResponses": [answer],
    }
    return {
        f"OPTIONS{path}": made(
            "AWS::ApiGateway::Method",
            RestApiId=ref("Api"),
            ResourceId=ref(f"Path{path}"),
            HttpMethod="OPTIONS",
            AuthorizationType="NONE",
            ApiKeyRequired=False,
            Integration=integration,
            MethodResponses=[
                {
                    "StatusCode": "204",
                    "ResponseParameters": {f"method.response.header.{name}": True for name in headers},
                }
            ],
        )
    }


def rest_api(methods: Resources, deployment: str = "Deployment", **stage: Any) -> Resources:
    """The API with one stage; a new name of the `deployment` makes a new deployment, as CDK does after a change."""
    return {
        "LogRole": role("apigateway.amazonaws.com"),
        "Account": made("AWS::ApiGateway::Account", ("Api",), CloudWatchRoleArn={"Fn::GetAtt": ["LogRole", "Arn"]}),
        "Log": made("AWS::Logs::LogGroup", RetentionInDays=7),
        "Api": made("AWS::ApiGateway::RestApi", Name="api"),
        **methods,
        deployment: made("AWS::ApiGateway::Deployment", tuple(sorted(methods)), RestApiId=ref("Api")),
        "Stage": made(
            "AWS::ApiGateway::Stage",
            ("Account",),
            RestApiId=ref("Api"),
            DeploymentId=ref(deployment),
            StageName=STAGE,
            AccessLogSetting={"DestinationArn": {"Fn::GetAtt": ["Log", "Arn"]}, "Format": "$context.requestId"},
            **stage,
        ),
    }


def user_pool(prefix: str, version: int = 2) -> Resources:
    """A user pool without self sign-up, its domain, and a client without a secret.

    The client's callback URL is `<stage>/rag`.
    """
    client: dict[str, Any] = {
        "UserPoolId": ref("Pool"),
        "GenerateSecret": False,
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email"],
        "CallbackURLs": [api_url("/rag")],
        "LogoutURLs": [api_url("/rag")],
        "SupportedIdentityProviders": ["COGNITO"],
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }
    return {
        "Pool": made(
            "AWS::Cognito::UserPool",
            AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
        ),
        "Client": made("AWS::Cognito::UserPoolClient", **client),
        "Domain": made(
            "AWS::Cognito::UserPoolDomain", UserPoolId=ref("Pool"), Domain=prefix, ManagedLoginVersion=version
        ),
        "Style": made(
            "AWS::Cognito::ManagedLoginBranding",
            UserPoolId=ref("Pool"),
            ClientId=ref("Client"),
            UseCognitoProvidedValues=True,
        ),
    }


def authorizer(**properties: Any) -> Resources:
    return {
        "Authorizer": made(
            "AWS::ApiGateway::Authorizer",
            RestApiId=ref("Api"),
            Name="users",
            Type="COGNITO_USER_POOLS",
            IdentitySource="method.request.header.Authorization",
            ProviderARNs=[{"Fn::GetAtt": ["Pool", "Arn"]}],
            **properties,
        )
    }


def sign_in_url(path: str = "") -> dict[str, Any]:
    """The address of the pool's domain as a template computes it."""
    return join("https://", ref("Domain"), ".auth.", ref("AWS::Region"), f".amazoncognito.com{path}")
