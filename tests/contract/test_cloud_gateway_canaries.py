"""Checks that MiniStack's gaps in gateway, user pools and tables, which `sandbox.cloud` closes, are still open.

A failing test means that MiniStack has closed the gap: remove the named module.
"""

from tests.contract import unwrapped_cloud

unwrapped = unwrapped_cloud.unwrapped

# Runs the unchanged MiniStack in a process of its own, and prints what it does.
UNWRAPPED = """
import asyncio, json, time
from ministack import app
from ministack.services import apigateway, apigateway_v1 as rest, cognito, dynamodb
from ministack.services.cloudformation import provisioners, stacks

made = provisioners._RESOURCE_HANDLERS
def create(kind, **props):
    return made[kind]["create"]("One", props, "stack")[0]

api = create("AWS::ApiGateway::RestApi", Name="api")
root = next(iter(rest._resources[api]))
validator = create("AWS::ApiGateway::RequestValidator", RestApiId=api, ValidateRequestBody=True)
uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
integration = {"Type": "AWS_PROXY", "Uri": uri, "TimeoutInMillis": 50}
method = {"RestApiId": api, "ResourceId": root, "AuthorizationType": "NONE"}
create("AWS::ApiGateway::Method", **method, HttpMethod="POST", Integration=integration, RequestValidatorId=validator)
create("AWS::ApiGateway::Method", **method, HttpMethod="GET", Integration=integration, ApiKeyRequired=True)
template = '#if($origin == "https://b") '
template += '#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end'
answer = {"StatusCode": "204", "ResponseTemplates": {"application/json": template}}
mock = {"Type": "MOCK", "RequestTemplates": {"application/json": "{ statusCode: 200 }"}}
mock["IntegrationResponses"] = [answer]
create("AWS::ApiGateway::Method", **method, HttpMethod="OPTIONS", Integration=mock)
deployment = create("AWS::ApiGateway::Deployment", RestApiId=api)
scarce = {"ResourcePath": "/~1ask", "HttpMethod": "POST", "ThrottlingRateLimit": 1}
create("AWS::ApiGateway::Stage", RestApiId=api, StageName="dev", DeploymentId=deployment, MethodSettings=[scarce])
limits = {"ApiId": api, "Stage": "dev", "Throttle": {"/ask/POST": {"RateLimit": 1}}}
plan = create("AWS::ApiGateway::UsagePlan", ApiStages=[limits])
key = create("AWS::ApiGateway::ApiKey", Value="k" * 20)
create("AWS::ApiGateway::UsagePlanKey", KeyId=key, KeyType="API_KEY", UsagePlanId=plan)

events = []
def call(verb, result, body=b"", seconds=0, **headers):
    async def _call_lambda_raw(ref, event, **scope):
        events.append(event)
        await asyncio.sleep(seconds)
        return result, None
    rest._call_lambda_raw = _call_lambda_raw
    return asyncio.run(rest.handle_execute(api, "dev", verb, "/", headers, body, {}))

fine = {"body": {"statusCode": 200, "body": ""}}
preflight = call("OPTIONS", None, origin="https://b")
call("GET", fine, **{"x-api-key": "k" * 20})
crashed = call("POST", {"error": True, "body": {"errorMessage": "kaboom"}})

pool = json.loads(cognito._create_user_pool(
    {"PoolName": "p", "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}})[2])["UserPool"]["Id"]
client = json.loads(cognito._create_user_pool_client({"UserPoolId": pool})[2])["UserPoolClient"]["ClientId"]
sign_up = cognito._sign_up({"ClientId": client, "Username": "u", "Password": "Right-1-password"})
logout = cognito.handle_logout("GET", "/logout", {}, {"client_id": [client], "logout_uri": ["https://evil.example"]})
domain = cognito._create_user_pool_domain({"UserPoolId": pool, "Domain": "my-aws-pool"})

async def _fetch_jwks(url):
    return json.loads(cognito.well_known_jwks(pool)[2])
jwks_url = asyncio.run(apigateway._resolve_jwks_url(
    {"jwtConfiguration": {"issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"}}))
rest._fetch_jwks = _fetch_jwks
def admitted(use, **settings):
    authorizer = {"providerARNs": [f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}"], **settings}
    headers = {"authorization": cognito._fake_token("sub", pool, client, use)}
    return asyncio.run(rest._validate_cognito_authorizer(authorizer, {}, headers, {}, {}))[1] is None

table = create("AWS::DynamoDB::Table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    TimeToLiveSpecification={"AttributeName": "e", "Enabled": True},
    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
value = "https://abc.execute-api.us-east-1.amazonaws.com/dev"
outputs, _ = stacks._resolve_stack_outputs({"Url": {"Value": value}}, {}, {}, {}, {}, "s", "id")

print(json.dumps({
    "validator": validator in rest._request_validators.get(api, {}),
    "bound": rest._resources[api][root]["resourceMethods"]["POST"].get("requestValidatorId"),
    "method_settings": list(rest._stages_v1[api]["dev"]["methodSettings"]),
    "plan_throttle": rest._usage_plans[plan]["apiStages"][0]["throttle"],
    "large": call("POST", fine, b"x" * (10 * 1024 * 1024 + 1))[0],
    "late": call("POST", fine, seconds=0.2)[0],
    "malformed": call("POST", {"body": ["no proxy response"]})[0],
    "busy": call("POST", {"throttle": True, "error": True, "body": {}})[0],
    "crashed": "kaboom" in crashed[2].decode(),
    "api_key_id": "apiKeyId" in events[0]["requestContext"]["identity"],
    "preflight": [preflight[0], preflight[2] == b"", "Access-Control-Allow-Origin" in preflight[1]],
    "sign_up": sign_up[0],
    "logout": logout[0],
    "domain": domain[0],
    "jwks_scheme": jwks_url.partition(":")[0],
    "access": admitted("access"),
    "refresh": admitted("refresh"),
    "other_client": admitted("id", identityValidationExpression="another"),
    "lists": rest._stringify_claims({"cognito:groups": ["a", "b"]})["cognito:groups"],
    "ttl": table in dynamodb._ttl_settings,
    "recovery": dynamodb._pitr_settings.get(table, False),
    "output": outputs[0]["OutputValue"] == value,
    "user": "AWS::Cognito::UserPoolUser" in made,
    "style": "AWS::Cognito::ManagedLoginBranding" in made,
    "association": "AWS::WAFv2::WebACLAssociation" in made,
    "sagemaker": any("sagemaker" in name for name in app.SERVICE_HANDLERS),
}))
"""


test_gap_is_still_open = unwrapped_cloud.still_open(
    [
        ("validator", False, "api_resources._create_validator"),
        ("bound", None, "api_resources._bind_validator"),
        ("method_settings", ["/~1ask/POST"], "api_resources._path"),
        ("plan_throttle", {"/ask/POST": {"RateLimit": 1}}, "api_resources"),
        ("large", 200, "integrations._limited"),
        ("late", 200, "integrations._bounded"),
        ("malformed", 200, "integrations._checked"),
        ("crashed", True, "integrations._checked"),
        ("busy", 429, "integrations.IntegrationThrottled"),
        ("api_key_id", False, "integrations._identified"),
        ("preflight", [204, False, False], "preflights"),
        ("sign_up", 200, "sign_in.install"),
        ("logout", 302, "sign_in.Logins._signed_out"),
        ("domain", 200, "user_pools.prefix_refusal"),
        ("jwks_scheme", "http", "authorizers.install"),
        ("access", True, "authorizers._meant"),
        ("refresh", True, "authorizers._meant"),
        ("other_client", True, "authorizers._meant"),
        ("lists", "[a b]", "authorizers.install"),
        ("ttl", False, "tables._declared"),
        ("recovery", False, "tables._declared"),
        ("output", True, "addresses"),
        ("user", False, "user_pools._create_user"),
        ("style", False, "user_pools._create_style"),
        ("association", False, "firewalls"),
        ("sagemaker", False, "model_runtimes"),
    ]
)
