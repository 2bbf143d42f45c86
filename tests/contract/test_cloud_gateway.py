"""A REST API of the cloud process: whom it admits, and requests that are too large, slow, frequent or unreadable."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from osml.deploy import log_role
from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud, Stack, running
from tests.contract.rest_api import api_url, function, made, method, preflight, ref, resource, rest_api
from tests.waiting import until

cloud = cloud_process.cloud

ORIGINS = ("https://a.example", "https://b.example", "https://c.example")
QUESTION = {"type": "object", "required": ["question"], "properties": {"question": {"type": "string"}}}


def parts() -> dict[str, Any]:
    methods: dict[str, Any] = {}
    for path in ("open", "quick", "iam", "key", "checked", "scarce"):
        methods |= resource(path)
    return rest_api(
        {
            **methods,
            **method("open", "POST"),
            **preflight("open", *ORIGINS[:1]),
            **method("quick", "POST", milliseconds=300),
            **preflight("quick", *ORIGINS),
            **method("iam", "GET", AuthorizationType="AWS_IAM"),
            **method("key", "GET", ApiKeyRequired=True),
            **method(
                "checked",
                "POST",
                RequestValidatorId=ref("Validator"),
                RequestModels={"application/json": ref("Question")},
                RequestParameters={"method.request.querystring.wanted": True},
            ),
            **method("scarce", "POST"),
            "Validator": made(
                "AWS::ApiGateway::RequestValidator",
                RestApiId=ref("Api"),
                ValidateRequestBody=True,
                ValidateRequestParameters=True,
            ),
            "Question": made(
                "AWS::ApiGateway::Model", RestApiId=ref("Api"), ContentType="application/json", Schema=QUESTION
            ),
            "Unused": made(
                "AWS::ApiGateway::GatewayResponse",
                RestApiId=ref("Api"),
                ResponseType="INTEGRATION_FAILURE",
                StatusCode="503",
                ResponseParameters={"gatewayresponse.header.Retry-After": "'1'"},
            ),
            "Server": made(
                "AWS::ApiGateway::GatewayResponse",
                RestApiId=ref("Api"),
                ResponseType="DEFAULT_5XX",
                ResponseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'https://a.example'"},
            ),
        },
        MethodSettings=[
            {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 500},
            {"ResourcePath": "/~1scarce", "HttpMethod": "POST", "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 2},
        ],
    )


def plan(rate: float = 1, burst: int = 3) -> dict[str, Any]:
    limits = {"/key/GET": {"RateLimit": rate, "BurstLimit": burst}}
    return {
        "Key": made("AWS::ApiGateway::ApiKey", ("Stage",), Enabled=True),
        "Plan": made(
            "AWS::ApiGateway::UsagePlan",
            Throttle={"RateLimit": 100, "BurstLimit": 100},
            ApiStages=[{"ApiId": ref("Api"), "Stage": ref("Stage"), "Throttle": limits}],
        ),
        "PlanKey": made("AWS::ApiGateway::UsagePlanKey", KeyId=ref("Key"), KeyType="API_KEY", UsagePlanId=ref("Plan")),
    }


# The number of calls of the function that may run at the same time.
PLACES = 4


@pytest.fixture(scope="module")
def deployed(cloud: Cloud) -> Iterator[tuple[Stack, dict[str, str]]]:
    outputs = {"Url": api_url(), "Api": ref("Api"), "Key": ref("Key"), "Role": ref("Role")}
    resources = {**function(), **parts(), **plan()}
    resources["Function"]["Properties"]["ReservedConcurrentExecutions"] = PLACES
    stack = cloud.deploy(resources, outputs)
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    yield stack, settled["values"]
    stack.delete()


@pytest.fixture(scope="module")
def url(deployed: tuple[Stack, dict[str, str]]) -> str:
    return deployed[1]["Url"]


@pytest.fixture(scope="module")
def browser(cloud: Cloud) -> requests.Session:
    session = requests.Session()
    # Otherwise environment variables take precedence over `verify`.
    session.trust_env = False
    session.verify = cloud.bundle
    return session


def test_output_is_an_address_that_can_be_reached(
    cloud: Cloud, url: str, deployed: tuple[Stack, dict[str, str]]
) -> None:
    assert url == f"{cloud.gateway}/_aws/execute-api/{deployed[1]['Api']}/dev"


def test_function_gets_the_event_that_amazon_sends(browser: requests.Session, url: str) -> None:
    context = browser.post(f"{url}/open", json={}).json()["context"]
    assert (context["stage"], context["resourcePath"], context["path"]) == ("dev", "/open", "/dev/open")
    assert context["identity"]["userArn"] is None
    assert "apiKeyId" not in context["identity"]


def test_a_function_without_a_free_place_is_the_servers_general_error(browser: requests.Session, url: str) -> None:
    def ask(_: int) -> requests.Response:
        return browser.post(f"{url}/open", json={"seconds": 1})

    def crowd() -> dict[int, list[requests.Response]]:
        """The answers by status; on a busy machine a call may begin after another has ended."""
        with ThreadPoolExecutor(PLACES + 2) as pool:
            answers = list(pool.map(ask, range(PLACES + 2)))
        return {status: [answer for answer in answers if answer.status_code == status] for status in (200, 500)}

    answers = until("a crowd", crowd, lambda seen: (len(seen[200]), len(seen[500])) == (PLACES, 2))
    # Despite its name, INTEGRATION_FAILURE does not apply: the answer is DEFAULT_5XX, as set for the API.
    busy = answers[500][0]
    assert "Retry-After" not in busy.headers
    assert busy.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert browser.post(f"{url}/open", json={}).status_code == 200


def test_a_body_that_is_too_large_for_a_function_is_not_handed_on(browser: requests.Session, url: str) -> None:
    # An API with the binary media type */* passes the body on in base64: 4.4 MB become almost 6 MB.
    assert browser.post(f"{url}/open", data=b"x" * 4_400_000).status_code == 200
    answer = browser.post(f"{url}/open", data=b"x" * 6 * 1024 * 1024)
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


def test_body_of_more_than_ten_megabytes_is_too_large(browser: requests.Session, url: str) -> None:
    answer = browser.post(f"{url}/open", data=b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


def test_function_that_takes_longer_than_its_integration_waits(browser: requests.Session, url: str) -> None:
    answer = browser.post(f"{url}/quick", json={"seconds": 3})
    assert (answer.status_code, answer.json()) == (504, {"message": "Endpoint request timed out"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert browser.post(f"{url}/open", json={"seconds": 0.6}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"raise": "the password is hunter2"},
        {"answer": None},
        {"answer": "text"},
        {"answer": {"body": "no status"}},
        {"answer": {"statusCode": "soon", "body": ""}},
        {"answer": {"statusCode": 200, "body": {"not": "text"}}},
        {"answer": {"statusCode": 200, "headers": ["x"], "body": ""}},
    ],
)
def test_answer_that_cannot_be_read_is_a_bad_gateway(browser: requests.Session, url: str, body: dict[str, Any]) -> None:
    answer = browser.post(f"{url}/open", json=body)
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
    assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_answers_that_can_be_read_pass(browser: requests.Session, url: str) -> None:
    several = {"statusCode": "418", "multiValueHeaders": {"X-Two": ["a", "b"]}, "body": None}
    answer = browser.post(f"{url}/open", json={"answer": several})
    assert (answer.status_code, answer.headers["X-Two"], answer.content) == (418, "a, b", b"")


def test_preflight_names_the_origin_that_asks_when_it_is_allowed(browser: requests.Session, url: str) -> None:
    allowed = {}
    for path, origin in [("open", ORIGINS[1]), *(("quick", origin) for origin in (*ORIGINS, "https://evil.example"))]:
        answer = browser.options(f"{url}/{path}", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Access-Control-Max-Age"] == "60"
        allowed[path, origin] = answer.headers["Access-Control-Allow-Origin"]
    assert allowed == {
        ("open", ORIGINS[1]): ORIGINS[0],
        **{("quick", origin): origin for origin in ORIGINS},
        ("quick", "https://evil.example"): ORIGINS[0],
    }
    assert "Access-Control-Allow-Origin" not in browser.post(f"{url}/open", json={}).headers


def test_validator_refuses_before_the_function_runs(browser: requests.Session, url: str) -> None:
    def status(query: str, **body: Any) -> tuple[int, str]:
        answer = browser.post(f"{url}/checked{query}", json=body)
        return answer.status_code, answer.json().get("message", "")

    assert status("?wanted=1", question="why") == (200, "")
    assert status("?wanted=1", question=1) == (400, "Invalid request body")
    assert status("", question="why") == (400, "Missing required request parameters: [wanted]")


def test_stage_throttles_one_method(browser: requests.Session, url: str) -> None:
    assert browser.post(f"{url}/scarce", json={}).status_code == 200
    texts = refused(lambda: browser.post(f"{url}/scarce", json={}))
    assert set(texts) == {'{"message":"Too Many Requests"}'}


def refused(send: Callable[[], requests.Response]) -> list[str]:
    """What calls above the limit are answered with; on a busy machine, calls one after another may stay below it."""

    def crowd() -> list[str]:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: send(), range(8)))
        return [answer.text for answer in answers if answer.status_code == 429]

    return until("a call above the limit", crowd)


def test_api_key_opens_and_its_plan_throttles(
    cloud: Cloud, browser: requests.Session, url: str, deployed: tuple[Stack, dict[str, str]]
) -> None:
    key = deployed[1]["Key"]
    value = cloud.client("apigateway").get_api_key(apiKey=key, includeValue=True)["value"]
    for headers in ({}, {"x-api-key": "guessed"}):
        answer = browser.get(f"{url}/key", headers=headers)
        assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    named = {"x-api-key": value}
    assert browser.get(f"{url}/key", headers=named).json()["context"]["identity"]["apiKeyId"] == key
    assert refused(lambda: browser.get(f"{url}/key", headers=named))


def signed(cloud: Cloud, url: str, role: str | None) -> requests.Response:
    """`GET url`, signed by the root or by a session of the role that the root assumes."""
    keys = Credentials("test", "test")
    if role is not None:
        session = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="caller")["Credentials"]
        keys = Credentials(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    request = AWSRequest("GET", url)
    SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    return requests.get(url, headers=dict(request.headers), verify=cloud.bundle, timeout=60)


def test_iam_decides_about_callers(
    cloud: Cloud, browser: requests.Session, url: str, deployed: tuple[Stack, dict[str, str]]
) -> None:
    assert browser.get(f"{url}/iam").json() == {"message": "Missing Authentication Token"}
    iam, api = cloud.client("iam"), deployed[1]["Api"]
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    unpermitted = signed(cloud, f"{url}/iam", role)
    assert unpermitted.status_code == 403
    assert "not authorized to perform: execute-api:Invoke" in unpermitted.text
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api}/dev/GET/iam"
    document = {"Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}]}
    iam.put_role_policy(RoleName="caller", PolicyName="own", PolicyDocument=json.dumps(document))
    identity = signed(cloud, f"{url}/iam", role).json()["context"]["identity"]
    assert identity["userArn"] == "arn:aws:sts::000000000000:assumed-role/caller/caller"


def test_api_is_updated_and_leaves_nothing(cloud: Cloud) -> None:
    gateway = cloud.client("apigateway")
    before = {key["id"] for key in gateway.get_api_keys()["items"]}
    first = {**resource("open"), **method("open", "POST", milliseconds=300)}
    stack = cloud.deploy({**function(), **rest_api(first), **plan()}, {"Url": api_url(), "Api": ref("Api")})
    values = stack.settled()["values"]
    assert (
        requests.post(f"{values['Url']}/open", json={"seconds": 1}, verify=cloud.bundle, timeout=60).status_code == 504
    )
    second = {**resource("open"), **method("open", "POST"), **resource("more"), **method("more", "GET")}
    settled = stack.update({**function(), **rest_api(second, "Deployment2"), **plan()}, {"Url": api_url()})
    assert settled["StackStatus"] == "UPDATE_COMPLETE", stack.reasons()
    assert settled["values"]["Url"] == values["Url"]
    assert (
        requests.post(f"{values['Url']}/open", json={"seconds": 1}, verify=cloud.bundle, timeout=60).status_code == 200
    )
    assert requests.get(f"{values['Url']}/more", verify=cloud.bundle, timeout=60).status_code == 200
    stack.delete()
    assert requests.get(f"{values['Url']}/more", verify=cloud.bundle, timeout=60).status_code in (403, 404)
    assert values["Api"] not in {api["id"] for api in gateway.get_rest_apis()["items"]}
    assert {key["id"] for key in gateway.get_api_keys()["items"]} == before


def test_web_acl_guards_the_stage_and_goes(cloud: Cloud) -> None:
    stage = {"Fn::Join": ["", ["arn:aws:apigateway:us-east-1::/restapis/", ref("Api"), "/stages/", ref("Stage")]]}
    seen = {"CloudWatchMetricsEnabled": False, "SampledRequestsEnabled": False, "MetricName": "acl"}
    guarded = {
        **function(),
        **rest_api({**resource("open"), **method("open", "GET")}),
        "Acl": made("AWS::WAFv2::WebACL", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen),
        "Guard": made("AWS::WAFv2::WebACLAssociation", ResourceArn=stage, WebACLArn={"Fn::GetAtt": ["Acl", "Arn"]}),
    }
    stack = cloud.deploy(guarded, {"Acl": {"Fn::GetAtt": ["Acl", "Arn"]}, "Api": ref("Api")})
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    acl, api = settled["values"]["Acl"], settled["values"]["Api"]
    firewall = cloud.client("wafv2")
    listed = firewall.list_resources_for_web_acl(WebACLArn=acl)["ResourceArns"]
    assert listed == [f"arn:aws:apigateway:us-east-1::/restapis/{api}/stages/dev"]
    stack.delete()
    assert firewall.list_web_acls(Scope="REGIONAL")["WebACLs"] == []


def test_without_the_accounts_role_no_stage_writes_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged = rest_api(resource("open") | method("open", "POST"))
    for name in ("LogRole", "Account"):
        del logged[name]
    logged["Stage"].pop("DependsOn")
    with running(tmp_path) as cloud:
        refused = cloud.deploy({**function(), **logged})
        assert refused.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "CloudWatch Logs role ARN must be set in account settings" in refused.reasons()
        for name, value in {"ENDPOINT_URL": cloud.gateway, "CA_BUNDLE": cloud.bundle, "ACCESS_KEY_ID": "test"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        assert log_role.ensure() == "arn:aws:iam::000000000000:role/osml-apigateway-logs"
        assert log_role.ensure() is None, "one that is set stays"
        made = cloud.deploy({**function(), **logged})
        assert made.settled()["StackStatus"] == "CREATE_COMPLETE", made.reasons()
