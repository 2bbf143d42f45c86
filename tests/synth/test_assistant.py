"""The assistant's stack: its API, its addresses and its firewall."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from opensearch_ml.assistant.browser_headers import ERROR_HEADERS
from tests.synth import assistant_templates
from tests.synth.assistant_templates import OPEN, PAGE, Flat, OfType, Other, Template, Templates, only

domain = assistant_templates.domain
collection = assistant_templates.collection
other = assistant_templates.other
methods = assistant_templates.methods


def test_nothing_but_the_page_is_open_to_everybody(domain: Template, collection: Template, methods: Any) -> None:
    for template in (domain, collection):
        values_by_route = {
            route: value
            for route, value in methods(template).items()
            # test_agents.py tests the routes of agents.
            if not route[1].startswith(("/mcp", "/.well-known"))
        }
        open_to_all = {route for route, value in values_by_route.items() if value["AuthorizationType"] == "NONE"}
        assert open_to_all == OPEN
        assert set(values_by_route) - open_to_all == {
            ("POST", "/ask"),
            ("POST", "/v1/chat/completions"),
            ("GET", "/v1/models"),
            ("GET", "/prompts"),
            ("POST", "/prompts"),
            ("GET", "/documents"),
            ("POST", "/documents"),
            ("DELETE", "/documents"),
            ("DELETE", "/documents/{id}"),
            ("GET", "/passages"),
            ("GET", "/originals"),
            ("GET", "/jobs/{id}"),
            ("GET", "/me"),
            ("GET", "/conversations"),
            *((method, "/conversations/{id}") for method in ("GET", "PATCH", "DELETE")),
            *((method, "/shares") for method in ("GET", "POST")),
            *((method, "/shares/{id}") for method in ("GET", "DELETE")),
            ("GET", "/feedback"),
            *((method, "/feedback/{id}") for method in ("PUT", "DELETE")),
            ("GET", "/health"),
            ("GET", "/openapi.json"),
        }
        authorizers = {
            value["AuthorizerId"]["Ref"] for route, value in values_by_route.items() if route not in open_to_all
        }
        assert len(authorizers) == 1
        assert {template["Resources"][authorizer]["Properties"]["Type"] for authorizer in authorizers} == {
            "COGNITO_USER_POOLS"
        }


def test_answers_stream_for_as_long_as_they_may_take(other: Other, domain: Template, methods: Any, flat: Flat) -> None:
    for template, seconds in ((domain, 70), (other("sandbox", timeouts={"answer": 400, "provisioning": 900}), 410)):
        routes = methods(template)
        streamed = {route for route, value in routes.items() if "ResponseTransferMode" in value["Integration"]}
        assert streamed == {("POST", "/ask"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models")}
        integration = routes["POST", "/ask"]["Integration"]
        assert (integration["ResponseTransferMode"], integration["TimeoutInMillis"]) == ("STREAM", seconds * 1000)
        assert flat(integration["Uri"]).endswith(
            ":lambda:path/2021-11-15/functions/<AskFunctionDB1E4BA3.Arn>/response-streaming-invocations"
        )
        assert template["Resources"]["AskFunctionDB1E4BA3"]["Properties"]["Timeout"] == seconds


def test_calls_are_throttled_traced_and_logged(domain: Template, of_type: OfType) -> None:
    (stage,) = of_type(domain, "AWS::ApiGateway::Stage").values()
    limits = {
        (setting["ResourcePath"], setting["HttpMethod"]): (
            setting["ThrottlingRateLimit"],
            setting["ThrottlingBurstLimit"],
        )
        for setting in stage["Properties"]["MethodSettings"]
    }
    assert limits.pop(("/*", "*")) == (20, 40)
    # A new account can run ten calls at the same time; the page needs none.
    assert limits.pop(("/~1rag~1session", "POST")) == (5, 2)
    assert limits == {("/" + path.replace("/", "~1"), "GET"): (20, 40) for path in PAGE}
    assert (stage["Properties"]["StageName"], stage["Properties"]["TracingEnabled"]) == ("sandbox", True)
    assert json.loads(stage["Properties"]["AccessLogSetting"]["Format"])["status"] == "$context.status"
    for group in of_type(domain, "AWS::Logs::LogGroup").values():
        assert (group["Properties"]["RetentionInDays"], group["DeletionPolicy"]) == (1, "Delete")
    for name, function in of_type(domain, "AWS::Lambda::Function").items():
        # One function is only for CloudFormation.
        assert ("TracingConfig" in function["Properties"]) == (not name.startswith("PageWriter"))
        assert "LogGroup" in function["Properties"]["LoggingConfig"]


def test_only_methods_that_are_there_have_limits_of_their_own(
    domain: Template, other: Other, of_type: OfType, methods: Any
) -> None:
    bare = other("sandbox", assistant={"sign_in": "api-key", "page": False})
    for template in (domain, bare):
        (stage,) = of_type(template, "AWS::ApiGateway::Stage").values()
        limited = {
            (limit["HttpMethod"], limit["ResourcePath"].removeprefix("/").replace("~1", "/"))
            for limit in stage["Properties"]["MethodSettings"]
        }
        assert limited - {("*", "*")} <= set(methods(template))


def test_each_route_that_is_open_and_does_work_has_limits_of_its_own(
    other: Other, of_type: OfType, methods: Any
) -> None:
    template = other(
        "sandbox",
        assistant={"agents": {"callbacks": ["http://localhost:3334/a"]}, "origins": ["https://help.example.com"]},
    )
    (stage,) = of_type(template, "AWS::ApiGateway::Stage").values()
    limited = {
        (limit["HttpMethod"], limit["ResourcePath"].removeprefix("/").replace("~1", "/"))
        for limit in stage["Properties"]["MethodSettings"]
    }
    opened = {
        route: value["Integration"]["Type"]
        for route, value in methods(template).items()
        if value["AuthorizationType"] == "NONE" and not value.get("ApiKeyRequired")
    }
    assert limited - {("*", "*")} == {route for route, kind in opened.items() if kind != "MOCK"}
    # A fixed answer of API Gateway itself: a preflight.
    assert {method for (method, _), kind in opened.items() if kind == "MOCK"} == {"OPTIONS"}


ISSUER = {"url": "https://login.example.com/t", "audience": "a"}


@pytest.mark.parametrize(
    ("assistant", "kind", "field", "variable"),
    [
        ({}, "COGNITO_USER_POOLS", "user", "authorizer.claims.sub"),
        ({"sign_in": "jwt", "page": False, "issuer": ISSUER}, "CUSTOM", "user", "authorizer.principalId"),
        ({"sign_in": "iam", "page": False}, "AWS_IAM", "role", "identity.userArn"),
        ({"sign_in": "api-key", "page": False}, "NONE", "key", "identity.apiKeyId"),
    ],
)
def test_the_access_log_names_the_caller(
    other: Other, of_type: OfType, methods: Any, assistant: dict[str, Any], kind: str, field: str, variable: str
) -> None:
    """Source: API Gateway developer guide, "Variables for access logging for API Gateway"."""
    template = other("sandbox", assistant=assistant)
    (stage,) = of_type(template, "AWS::ApiGateway::Stage").values()
    assert methods(template)["POST", "/ask"]["AuthorizationType"] == kind
    assert json.loads(stage["Properties"]["AccessLogSetting"]["Format"])[field] == f"$context.{variable}"


def test_gateway_errors_are_like_ours(domain: Template, of_type: OfType) -> None:
    kinds = {
        resource["Properties"]["ResponseType"]: resource["Properties"]
        for resource in of_type(domain, "AWS::ApiGateway::GatewayResponse").values()
    }
    # A throttled function has no type of its own, so the message of DEFAULT_5XX tells the client to try again.
    busy = kinds.pop("DEFAULT_5XX")
    statuses = {type: item.get("StatusCode") for type, item in kinds.items()}
    assert statuses == {
        "DEFAULT_4XX": None,
        "THROTTLED": None,
        "INTEGRATION_TIMEOUT": "504",
        "AUTHORIZER_FAILURE": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
    }
    for item in (busy, *kinds.values()):
        named = {name.removeprefix("gatewayresponse.header.") for name in item["ResponseParameters"]}
        assert set(ERROR_HEADERS) <= named
    for item in kinds.values():
        assert "$context.error.messageString" in item["ResponseTemplates"]["application/json"]
    assert busy["StatusCode"] == "503"
    assert json.loads(busy["ResponseTemplates"]["application/json"])["message"].endswith("Try again soon.")
    for item in (kinds["THROTTLED"], busy):
        later = {"gatewayresponse.header.Retry-After": "'1'", "gatewayresponse.header.Refresh": "'2'"}
        assert later.items() <= item["ResponseParameters"].items()


def test_concurrency_is_that_of_questions_and_the_accounts_unless_it_is_set(
    domain: Template, other: Other, of_type: OfType
) -> None:
    def reserved(template: Template) -> list[int]:
        functions = of_type(template, "AWS::Lambda::Function").values()
        reservations = [function["Properties"].get("ReservedConcurrentExecutions") for function in functions]
        return [item for item in reservations if item is not None]

    assert reserved(domain) == []
    assert reserved(other("sandbox", assistant={"concurrency": 8})) == [8]


def test_no_other_origin_unless_it_is_named(domain: Template, other: Other, methods: Any, of_type: OfType) -> None:
    assert "Access-Control" not in json.dumps(domain)
    origin = "https://help.example.com"
    template = other("sandbox", assistant={"origins": [origin]})
    methods_by_route = {route: method for route, method in methods(template).items() if route[0] == "OPTIONS"}
    documents = {"/documents", "/documents/{id}", "/passages", "/originals", "/jobs/{id}", "/me"}
    documents |= {"/conversations", "/conversations/{id}", "/feedback", "/feedback/{id}", "/prompts"}
    documents |= {"/shares", "/shares/{id}"}
    of_openai = {"/v1/chat/completions", "/v1/models"}
    assert {path for _, path in methods_by_route} == {"/ask", *of_openai, *documents, "/health", "/openapi.json"}
    for item in methods_by_route.values():
        (response,) = item["Integration"]["IntegrationResponses"]
        assert response["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"] == f"'{origin}'"
        assert item["Integration"]["ContentHandling"] == "CONVERT_TO_TEXT"
    for function in ("AskFunctionDB1E4BA3", "DocumentsFunction8356188C"):
        assert template["Resources"][function]["Properties"]["Environment"]["Variables"]["ORIGINS"] == origin


def test_an_environment_creates_the_account_role_for_logs_only_on_request(
    domain: Template, other: Other, of_type: OfType
) -> None:
    assert of_type(domain, "AWS::ApiGateway::Account") == {}
    own = other("sandbox", assistant={"log_role": "create"})
    # Other APIs use it for their logs after this environment has been removed.
    assert only(own, "AWS::ApiGateway::Account")["DeletionPolicy"] == "Retain"


def test_in_a_vpc_only_what_the_page_needs_runs_outside(
    synthesize: Callable[..., Templates], tmp_path: Path, of_type: OfType
) -> None:
    settings = yaml.safe_load((Path(__file__).parent / "environments" / "vpc.yaml").read_text())
    (tmp_path / "vpc.yaml").write_text(yaml.safe_dump({**settings, "assistant": {}}))
    template = synthesize("vpc", tmp_path)["osml-vpc-assistant"]
    inside = {
        name[:4]: "VpcConfig" in value["Properties"]
        for name, value in of_type(template, "AWS::Lambda::Function").items()
    }
    assert inside == {"AskF": True, "Docu": True, "Page": False, "Sess": False}


def test_the_assets_hold_what_runs(tmp_path: Path) -> None:
    from opensearch_ml.assistant import assistant_page
    from opensearch_ml.assistant.assistant_function import PARTS
    from opensearch_ml.engine.function_bundle import FunctionBundle

    ask = PARTS["ask"]
    bundle = FunctionBundle(ask.source, native=ask.native, folders=ask.folders, without=ask.without)
    bundle.try_bundle(str(tmp_path / "ask"))
    assert (tmp_path / "ask" / "stream-runtime").stat().st_mode & 0o111 == 0o111
    assert (tmp_path / "ask" / "rag" / "answering.py").is_file()
    compiled = [path.name for path in (tmp_path / "ask").rglob("*.so")]
    assert any(name.startswith("_pydantic_core.cpython-313-aarch64") for name in compiled), compiled
    assert all("aarch64" in name for name in compiled)
    assert not {"boto3", "botocore"} & {path.name for path in (tmp_path / "ask").iterdir()}
    assert not [path for path in (tmp_path / "ask").rglob("tests") if path.is_dir()]
    assert ask.without
    assert not [path for pattern in ask.without for path in (tmp_path / "ask").glob(pattern)]
    assert list((tmp_path / "ask").glob("*.dist-info/RECORD"))
    FunctionBundle(assistant_page.SOURCE, folders=assistant_page.FOLDERS).try_bundle(str(tmp_path / "page"))
    held = {path.relative_to(tmp_path / "page").as_posix() for path in (tmp_path / "page").rglob("*") if path.is_file()}
    assert {"page.py", "web/index.html", "web/temml/temml.min.js", "crhelper/__init__.py"} <= held


def test_a_firewall_refuses_by_network_country_rate_and_known_attacks_but_reads_no_bodies(
    other: Other, of_type: OfType, flat: Flat
) -> None:
    firewall = {"rate": 500, "networks": ["203.0.113.0/24", "2001:db8::/32"], "countries": ["DE"]}
    template = other("sandbox", assistant={"firewall": firewall})
    acl = only(template, "AWS::WAFv2::WebACL")["Properties"]
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert [rule["Priority"] for rule in acl["Rules"]] == list(range(len(rules)))
    assert acl["DefaultAction"] == {"Allow": {}}
    blocked = {name for name, rule in rules.items() if rule.get("Action") == {"Block": {}}}
    assert blocked == {"Networks", "Countries", "Rate"}
    either = rules["Networks"]["Statement"]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
    assert len(either) == len(of_type(template, "AWS::WAFv2::IPSet")) == 2
    assert rules["Rate"]["Statement"]["RateBasedStatement"]["Limit"] == 500
    groups = {name: rules[name]["Statement"]["ManagedRuleGroupStatement"] for name in set(rules) - blocked}
    assert len(groups) == 3
    for name, group in groups.items():
        looked_at = group.get("ScopeDownStatement", {}).get("NotStatement", {}).get("Statement", {})
        skipped = looked_at.get("ByteMatchStatement", {}).get("SearchString")
        assert skipped == (None if name == "AmazonIpReputationList" else "POST")
    seen = [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]
    assert not any(item["SampledRequestsEnabled"] for item in seen)
    stage = flat(only(template, "AWS::WAFv2::WebACLAssociation")["Properties"]["ResourceArn"])
    assert stage.startswith("arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/")


def test_without_limits_the_firewall_lets_every_network_and_country_in(other: Other) -> None:
    acl = only(other("sandbox", assistant={"firewall": {"managed": False}}), "AWS::WAFv2::WebACL")["Properties"]
    assert [rule["Name"] for rule in acl["Rules"]] == ["Rate"]


def test_a_hosted_zone_leads_the_own_name_to_the_api(other: Other, flat: Flat) -> None:
    certificate = "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"
    name = {"name": "help.example.com", "certificate_arn": certificate, "hosted_zone": "Z0123456789ABCDEFGHIJ"}
    template = other("sandbox", assistant={"domain": name})
    record = flat(only(template, "AWS::Route53::RecordSet")["Properties"])
    assert (record["Name"], record["Type"]) == ("help.example.com", "A")
    assert record["HostedZoneId"] == "Z0123456789ABCDEFGHIJ"
    [domain] = [key for key, each in template["Resources"].items() if each["Type"] == "AWS::ApiGateway::DomainName"]
    assert record["AliasTarget"] == {
        "DNSName": f"<{domain}.RegionalDomainName>",
        "HostedZoneId": f"<{domain}.RegionalHostedZoneId>",
    }


def test_a_private_api_is_reached_through_its_endpoints_alone(other: Other, flat: Flat) -> None:
    endpoints = ["vpce-0a1b2c3d4e5f60718", "vpce-0a1b2c3d4e5f60719"]
    template = other("sandbox", assistant={"vpc_endpoints": endpoints})
    api = flat(only(template, "AWS::ApiGateway::RestApi")["Properties"])
    assert api["EndpointConfiguration"] == {"Types": ["PRIVATE"], "VpcEndpointIds": endpoints}
    through, around = api["Policy"]["Statement"]
    assert (through["Effect"], through["Condition"]) == ("Allow", {"StringEquals": {"aws:SourceVpce": endpoints}})
    assert (around["Effect"], around["Condition"]) == ("Deny", {"StringNotEquals": {"aws:SourceVpce": endpoints}})
    assert through["Resource"] == around["Resource"] == "execute-api:/*"
    page = flat(template["Outputs"]["PageUrl"]["Value"])
    assert "-vpce-0a1b2c3d4e5f60718.execute-api." in page
    client = flat(only(template, "AWS::Cognito::UserPoolClient")["Properties"])
    assert client["CallbackURLs"] == [page]
    variables = [
        flat(resource["Properties"]["Environment"]["Variables"])
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert [item["ADDRESSES"] for item in variables if "ADDRESSES" in item] == [page]
    assert "Policy" not in only(other("sandbox"), "AWS::ApiGateway::RestApi")["Properties"]


def test_the_api_and_the_page_are_at_the_own_name(other: Other, of_type: OfType) -> None:
    certificate = "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"
    template = other("sandbox", assistant={"domain": {"name": "help.example.com", "certificate_arn": certificate}})
    name = only(template, "AWS::ApiGateway::DomainName")["Properties"]
    assert (name["DomainName"], name["RegionalCertificateArn"]) == ("help.example.com", certificate)
    assert name["SecurityPolicy"] == "TLS_1_2"
    assert "BasePath" not in only(template, "AWS::ApiGateway::BasePathMapping")["Properties"]
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    assert outputs["ApiUrl"] == "https://help.example.com"
    assert outputs["PageUrl"] == "https://help.example.com/rag"
    assert "NameTarget" in outputs
    [client] = of_type(template, "AWS::Cognito::UserPoolClient").values()
    assert "https://help.example.com/rag" in client["Properties"]["CallbackURLs"]


def test_the_writer_of_the_page_is_told_the_settings_by_its_template(domain: Template, of_type: OfType) -> None:
    [written] = of_type(domain, "Custom::AssistantPage").values()
    writer = domain["Resources"][written["Properties"]["ServiceToken"]["Fn::GetAtt"][0]]
    variables = writer["Properties"]["Environment"]["Variables"]
    # The event also contains the settings, so that CloudFormation calls the function when they change.
    assert variables["SETTINGS"] == written["Properties"]["Settings"]
    assert set(variables) == {"BUCKET", "SETTINGS"}


def test_the_page_is_read_by_a_role_that_reads_nothing_else_and_calls_no_function(
    domain: Template, methods: Any, flat: Flat, of_type: OfType
) -> None:
    [bucket] = [
        name
        for name, each in domain["Resources"].items()
        if each["Type"] == "AWS::S3::Bucket" and name.startswith("PageBucket")
    ]
    [reader] = [name for name in of_type(domain, "AWS::IAM::Role") if name.startswith("PageReader")]
    [statement] = [
        statement
        for policy in of_type(domain, "AWS::IAM::Policy").values()
        if policy["Properties"]["Roles"] == [{"Ref": reader}]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "s3:GetObject")
    assert set(flat(statement["Resource"])) == {f"<{bucket}.Arn>{path}" for path in PAGE}
    for path in PAGE:
        integration = methods(domain)["GET", path]["Integration"]
        assert flat(integration["Uri"]).endswith(f":s3:path/<{bucket}>{path}")
        assert flat(integration["Credentials"]) == f"<{reader}.Arn>"
        for response in integration["IntegrationResponses"]:
            # Any other answer of S3 becomes an error of API Gateway, which does not mention S3.
            assert response["SelectionPattern"]
    properties = domain["Resources"][bucket]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert domain["Resources"][bucket]["DeletionPolicy"] == "Delete"
