"""The assistant's stack: who may call what, what each function may do, what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.assistant_needs import NEEDS

Template = dict[str, Any]
Templates = dict[str, Template]
Flat = Callable[[Any], Any]
OfType = Callable[[Template, str], dict[str, Any]]
Other = Callable[..., Template]

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/osml-sandbox"
PLACE = "<AWS::Region>:<AWS::AccountId>"
# What the function `documents` does with uploads that are more than one request stores.
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
UPLOADS = (
    *(f"s3:{word}" for word in ("GetObject", "PutObject", "ListBucket")),
    *(f"sqs:{word}" for word in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")),
)


def only(template: Template, type: str) -> dict[str, Any]:
    """The one resource of exactly this type."""
    found: list[dict[str, Any]] = [resource for resource in template["Resources"].values() if resource["Type"] == type]
    assert len(found) == 1, type
    return found[0]


@pytest.fixture(scope="module")
def domain(templates: Callable[[str], Templates]) -> Template:
    return templates("sandbox")["osml-sandbox-assistant"]


@pytest.fixture(scope="module")
def collection(templates: Callable[[str], Templates]) -> Template:
    return templates("sandbox-aoss")["osml-sandbox-aoss-assistant"]


@pytest.fixture
def other(synthesize: Callable[..., Templates], tmp_path: Path) -> Other:
    """The assistant's template of a shipped environment with some groups changed."""

    def make(base: str, **groups: Any) -> Template:
        settings = yaml.safe_load((ROOT / "environments" / f"{base}.yaml").read_text())
        (tmp_path / "other.yaml").write_text(yaml.safe_dump({**settings, **groups}))
        return synthesize("other", tmp_path)["osml-other-assistant"]

    return make


@pytest.fixture(scope="module")
def methods(of_type: OfType) -> Callable[[Template], dict[tuple[str, str], Any]]:
    """Properties of an API's methods by verb and path."""

    def get(template: Template) -> dict[tuple[str, str], Any]:
        resources = of_type(template, "AWS::ApiGateway::Resource")

        def path(ref: Any) -> str:
            made = resources.get(ref.get("Ref", ""), {}).get("Properties")
            return f"{path(made['ParentId'])}/{made['PathPart']}" if made else ""

        return {
            (resource["Properties"]["HttpMethod"], path(resource["Properties"]["ResourceId"])): resource["Properties"]
            for resource in of_type(template, "AWS::ApiGateway::Method").values()
        }

    return get


@pytest.fixture(scope="module")
def told(flat: Flat, of_type: OfType) -> Callable[[Template, str], dict[str, Any]]:
    """What a function is told in ASSISTANT."""

    def get(template: Template, function: str) -> dict[str, Any]:
        (found,) = (
            value for name, value in of_type(template, "AWS::Lambda::Function").items() if name.startswith(function)
        )
        settings: dict[str, Any] = json.loads(flat(found["Properties"]["Environment"]["Variables"]["ASSISTANT"]))
        return settings

    return get


@pytest.fixture(scope="module")
def allowed(flat: Flat, of_type: OfType) -> Callable[[Template, str], dict[str, Any]]:
    """Resources by action that a function's own policy allows."""

    def get(template: Template, function: str) -> dict[str, Any]:
        (policy,) = (
            value for name, value in of_type(template, "AWS::IAM::Policy").items() if name.startswith(function)
        )
        found: dict[str, Any] = {}
        for resource in flat(policy["Properties"]["PolicyDocument"]["Statement"]):
            assert resource["Effect"] == "Allow"
            for action in resource["Action"] if isinstance(resource["Action"], list) else [resource["Action"]]:
                found[action] = resource["Resource"]
        return found

    return get


def test_nothing_but_the_page_is_open_to_everybody(domain: Template, collection: Template, methods: Any) -> None:
    for template in (domain, collection):
        found = methods(template)
        open_to_all = {route for route, value in found.items() if value["AuthorizationType"] == "NONE"}
        assert open_to_all == {("GET", "/rag"), ("GET", "/rag/{file+}"), ("POST", "/rag/session")}
        assert set(found) - open_to_all == {
            ("POST", "/ask"),
            ("POST", "/v1/chat/completions"),
            ("GET", "/v1/models"),
            ("GET", "/documents"),
            ("POST", "/documents"),
            ("DELETE", "/documents"),
            ("DELETE", "/documents/{id}"),
            ("GET", "/passages"),
            ("GET", "/jobs/{id}"),
            ("GET", "/me"),
            ("GET", "/health"),
            ("GET", "/openapi.json"),
        }
        authorizers = {value["AuthorizerId"]["Ref"] for route, value in found.items() if route not in open_to_all}
        assert len(authorizers) == 1
        assert {template["Resources"][authorizer]["Properties"]["Type"] for authorizer in authorizers} == {
            "COGNITO_USER_POOLS"
        }


def test_only_the_pages_client_signs_people_in(domain: Template, other: Other, of_type: OfType) -> None:
    authorizer = only(domain, "AWS::ApiGateway::Authorizer")["Properties"]
    (client,) = of_type(domain, "AWS::Cognito::UserPoolClient")
    assert authorizer["IdentityValidationExpression"] == {"Ref": client}
    template = other("sandbox", assistant={"page": False})
    assert of_type(template, "AWS::Cognito::UserPoolClient") == {}
    assert "IdentityValidationExpression" not in only(template, "AWS::ApiGateway::Authorizer")["Properties"]


def test_signed_requests_instead_of_people(other: Other, methods: Any, of_type: OfType) -> None:
    template = other("sandbox", assistant={"sign_in": "iam", "page": False})
    assert {method["AuthorizationType"] for method in methods(template).values()} == {"AWS_IAM"}
    assert not [path for _, path in methods(template) if path.startswith("/rag")]
    assert of_type(template, "AWS::Cognito") == {}
    assert not {"PageUrl", "UserPoolId", "UserPoolClientId", "ApiKeyId"} & set(template["Outputs"])
    assert len(of_type(template, "AWS::Lambda::Function")) == 2


def test_keys_instead_of_people(other: Other, methods: Any, of_type: OfType) -> None:
    template = other("sandbox", assistant={"sign_in": "api-key", "throttle": {"rate": 3, "burst": 5}})
    asked = {route for route, method in methods(template).items() if method.get("ApiKeyRequired")}
    assert set(methods(template)) - asked == {("GET", "/rag"), ("GET", "/rag/{file+}"), ("POST", "/rag/session")}
    plan = only(template, "AWS::ApiGateway::UsagePlan")
    (key,) = of_type(template, "AWS::ApiGateway::ApiKey")
    assert plan["Properties"]["Throttle"] == {"BurstLimit": 5, "RateLimit": 3}
    assert template["Outputs"]["ApiKeyId"]["Value"] == {"Ref": key}
    assert "Value" not in template["Resources"][key]["Properties"]
    assert of_type(template, "AWS::Cognito") == {}


def test_each_name_of_a_key_is_a_key_with_a_role(other: Other, of_type: OfType, flat: Flat) -> None:
    access = {"editors": ["load"], "owners": ["all"], "groups": {"hr": ["load", "people"]}}
    template = other("sandbox", assistant={"sign_in": "api-key", "access": access})
    keys = of_type(template, "AWS::ApiGateway::ApiKey")
    assert len(keys) == len(of_type(template, "AWS::ApiGateway::UsagePlanKey")) == 4
    assert not any("Value" in template["Resources"][key]["Properties"] for key in keys)
    named = json.loads(flat(template["Outputs"]["ApiKeys"]["Value"]))
    assert set(named) == {"load", "all", "people"}
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        if "ASSISTANT" in variables:
            settings = json.loads(flat(variables["ASSISTANT"]))["access"]
            assert settings == {**access, "keys": [[id, name] for name, id in named.items()]}


def test_nothing_is_told_of_access_where_nothing_is_set(domain: Template, of_type: OfType, flat: Flat) -> None:
    for function in of_type(domain, "AWS::Lambda::Function").values():
        assert "access" not in json.loads(
            flat(function["Properties"]["Environment"]["Variables"].get("ASSISTANT", "{}"))
        )


def test_people_sign_in_by_what_the_company_has(
    other: Other, of_type: OfType, flat: Flat, cfn_lint: Callable[..., str]
) -> None:
    """Their groups are in an attribute that the pool writes, and that no person may write by a token."""
    oidc = {"issuer": "https://login.example.com/t", "client_id": "c", "secret": {"name": "osml/dev/sign-in"}}
    providers = {
        "Corporate": {**oidc, "groups": "groups"},
        "Okta": {"metadata_url": "https://okta.example.com/m.xml", "email": "mail"},
    }
    template = other("sandbox", assistant={"providers": providers, "access": {"others": "nobody", "editors": ["g-1"]}})
    made = {
        resource["Properties"]["ProviderName"]: resource["Properties"]
        for resource in of_type(template, "AWS::Cognito::UserPoolIdentityProvider").values()
    }
    assert {name: value["ProviderType"] for name, value in made.items()} == {"Corporate": "OIDC", "Okta": "SAML"}
    assert made["Corporate"]["AttributeMapping"] == {"email": "email", "custom:groups": "groups"}
    assert made["Okta"]["AttributeMapping"] == {"email": "mail"}
    secret = flat(made["Corporate"]["ProviderDetails"]["client_secret"])
    assert secret.startswith("{{resolve:secretsmanager:")
    assert secret.endswith("osml/dev/sign-in:SecretString:client_secret::}}")
    client = only(template, "AWS::Cognito::UserPoolClient")["Properties"]
    assert client["SupportedIdentityProviders"] == ["COGNITO", "Corporate", "Okta"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthScopes"] == ["openid"]
    assert set(client["ReadAttributes"]) == set(client["WriteAttributes"]) == {"email", "custom:groups"}
    pool = only(template, "AWS::Cognito::UserPool")["Properties"]
    assert "groups" in [attribute["Name"] for attribute in pool["Schema"]]
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        if "ASSISTANT" in variables:
            access = {"others": "nobody", "editors": ["g-1"], "group_attribute": "custom:groups"}
            assert json.loads(flat(variables["ASSISTANT"]))["access"] == access
    assert cfn_lint([{"osml-sandbox-assistant": template}]) == ""


def test_answers_stream_for_as_long_as_they_may_take(other: Other, domain: Template, methods: Any, flat: Flat) -> None:
    for template, seconds in ((domain, 70), (other("sandbox", timeouts={"answer": 400, "provisioning": 900}), 410)):
        found = methods(template)
        streamed = {route for route, value in found.items() if "ResponseTransferMode" in value["Integration"]}
        assert streamed == {("POST", "/ask"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models")}
        integration = found["POST", "/ask"]["Integration"]
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
    # A page that is opened asks for twenty files at once.
    assert limits == {("/*", "*"): (20, 40), ("/~1rag", "GET"): (500, 1000), ("/~1rag~1{file+}", "GET"): (500, 1000)}
    assert (stage["Properties"]["StageName"], stage["Properties"]["TracingEnabled"]) == ("sandbox", True)
    assert json.loads(stage["Properties"]["AccessLogSetting"]["Format"])["status"] == "$context.status"
    for group in of_type(domain, "AWS::Logs::LogGroup").values():
        assert (group["Properties"]["RetentionInDays"], group["DeletionPolicy"]) == (1, "Delete")
    for function in of_type(domain, "AWS::Lambda::Function").values():
        assert function["Properties"]["TracingConfig"] == {"Mode": "Active"}
        assert "LogGroup" in function["Properties"]["LoggingConfig"]


def test_gateway_errors_are_like_ours(domain: Template, of_type: OfType) -> None:
    kinds = {
        resource["Properties"]["ResponseType"]: resource["Properties"]
        for resource in of_type(domain, "AWS::ApiGateway::GatewayResponse").values()
    }
    # A throttled function is of no type that has a name, so the type for everything else says that one may come again.
    busy = kinds.pop("DEFAULT_5XX")
    statuses = {type: item.get("StatusCode") for type, item in kinds.items()}
    assert statuses == {
        "DEFAULT_4XX": None,
        "THROTTLED": None,
        "INTEGRATION_TIMEOUT": "504",
        "AUTHORIZER_FAILURE": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
    }
    for item in kinds.values():
        assert "$context.error.messageString" in item["ResponseTemplates"]["application/json"]
    assert busy["StatusCode"] == "503"
    assert json.loads(busy["ResponseTemplates"]["application/json"])["message"].endswith("Try again soon.")
    for item in (kinds["THROTTLED"], busy):
        assert item["ResponseParameters"] == {"gatewayresponse.header.Retry-After": "'1'"}


def test_concurrency_is_that_of_questions_and_the_accounts_unless_it_is_set(
    domain: Template, other: Other, of_type: OfType
) -> None:
    def reserved(template: Template) -> list[int]:
        functions = of_type(template, "AWS::Lambda::Function").values()
        found = [function["Properties"].get("ReservedConcurrentExecutions") for function in functions]
        return [item for item in found if item is not None]

    assert reserved(domain) == []
    assert reserved(other("sandbox", assistant={"concurrency": 8})) == [8]


def test_no_other_origin_unless_it_is_named(domain: Template, other: Other, methods: Any, of_type: OfType) -> None:
    assert "Access-Control" not in json.dumps(domain)
    origin = "https://help.example.com"
    template = other("sandbox", assistant={"origins": [origin]})
    asked = {route: method for route, method in methods(template).items() if route[0] == "OPTIONS"}
    documents = {"/documents", "/documents/{id}", "/passages", "/jobs/{id}", "/me"}
    of_openai = {"/v1/chat/completions", "/v1/models"}
    assert {path for _, path in asked} == {"/ask", *of_openai, *documents, "/health", "/openapi.json"}
    for item in asked.values():
        (response,) = item["Integration"]["IntegrationResponses"]
        assert response["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"] == f"'{origin}'"
        assert item["Integration"]["ContentHandling"] == "CONVERT_TO_TEXT"
    for function in ("AskFunctionDB1E4BA3", "DocumentsFunction8356188C"):
        assert template["Resources"][function]["Properties"]["Environment"]["Variables"]["ORIGINS"] == origin


def test_on_a_domain_a_function_reaches_its_own_paths(domain: Template, allowed: Any, of_type: OfType) -> None:
    kept = f"{DOMAIN}/passages-conversations/_doc/*"
    log, ask = LOG, allowed(domain, "AskPolicy")
    assert set(ask) - log == {"es:ESHttpGet", "es:ESHttpPost", "secretsmanager:GetSecretValue"}
    assert ask["es:ESHttpGet"] == [kept, f"{DOMAIN}/passages/_alias"]
    searches = [f"{DOMAIN}/{index}/_search" for index in ("passages-????????", "passages")]
    assert ask["es:ESHttpPost"] == [searches[0], kept, searches[1]]
    documents = allowed(domain, "DocumentsPolicy")
    assert set(documents) - log == {"es:ESHttpPost", *UPLOADS}
    uploads = "<UploadsBucketC4B27CC7.Arn>"
    assert documents["s3:ListBucket"] == uploads
    assert documents["s3:PutObject"] == [f"{uploads}/{folder}/*" for folder in ("begin", "jobs", "uploads")]
    paths = ("_bulk", "passages/_refresh", "passages/_search")
    assert documents["es:ESHttpPost"] == [f"{DOMAIN}/{path}" for path in paths]
    assert set(allowed(domain, "PagePolicy")) == log


def test_uploads_are_worked_on_by_the_function_documents(domain: Template, of_type: OfType, flat: Flat) -> None:
    (source,) = flat(of_type(domain, "AWS::Lambda::EventSourceMapping")).values()
    told = source["Properties"]
    assert told["FunctionName"] == "<DocumentsFunction8356188C>"
    assert (told["BatchSize"], told["ScalingConfig"]) == (1, {"MaximumConcurrency": 2})
    assert told["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    function = flat(domain["Resources"]["DocumentsFunction8356188C"]["Properties"])
    queues = {name: resource["Properties"] for name, resource in of_type(domain, "AWS::SQS::Queue").items()}
    ((name, queue),) = [(name, queue) for name, queue in queues.items() if "RedrivePolicy" in queue]
    assert queue["VisibilityTimeout"] == 2 * function["Timeout"] == 600
    variables = function["Environment"]["Variables"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == int(variables["ATTEMPTS"]) == 5
    assert variables["QUEUE_URL"] == f"<{name}>"
    (rule,) = only(domain, "AWS::S3::Bucket")["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (14, "Enabled")


def test_marks_by_meaning_let_questions_reach_the_model(
    other: Other, domain: Template, allowed: Any, of_type: OfType, flat: Flat
) -> None:
    made = other("sandbox", retrieval={"highlight": {"by": "meaning"}})
    own = DOMAIN.replace("osml-sandbox", "osml-other")

    def added(part: str, action: str) -> set[str]:
        before = {path.replace(DOMAIN, own) for path in allowed(domain, part).get(action, [])}
        return set(allowed(made, part).get(action, [])) - before

    pipeline = "passages-????????/_settings/index.search.default_pipeline", "_search/pipeline/passages-search-*"
    assert added("AskPolicy", "es:ESHttpGet") == {f"{own}/{path}" for path in pipeline}
    assert added("AskPolicy", "es:ESHttpPost") == {f"{own}/_plugins/_ml/_predict/text_embedding/*"}
    assert added("DocumentsPolicy", "es:ESHttpGet") | added("DocumentsPolicy", "es:ESHttpPost") == set()
    specs = [json.loads(flat(resource["Properties"]["Spec"])) for resource in of_type(made, "Custom::MlRole").values()]
    (ask,) = [spec for spec in specs if spec.get("name") == "osml-other-ask"]
    assert set(ask["cluster_permissions"]) - set(NEEDS["ask"].cluster) == {"cluster:admin/search/pipeline/get"}


def test_on_a_domain_a_function_has_a_role_of_its_own(domain: Template, flat: Flat, of_type: OfType) -> None:
    roles = {
        spec["name"]: spec
        for resource in of_type(domain, "Custom::MlRole").values()
        if resource["Type"] == "Custom::MlRole" and (spec := json.loads(flat(resource["Properties"]["Spec"])))
    }
    assert set(roles) == {"osml-sandbox-ask", "osml-sandbox-documents"}
    for part in ("ask", "documents"):
        need, role = NEEDS[part], roles[f"osml-sandbox-{part}"]
        assert role["cluster_permissions"] == list(need.cluster)
        patterns = ["passages", "passages-????????"]
        kept = {"index_patterns": ["passages-conversations"], "allowed_actions": list(need.conversations)}
        own = {"index_patterns": patterns, "allowed_actions": list(need.index)}
        assert role["index_permissions"] == ([own, kept] if part == "ask" else [own])
    mappings = of_type(domain, "Custom::MlRoleMapping").values()
    mapped = {
        spec["role"]: spec["backend_roles"]
        for mapping in mappings
        if (spec := json.loads(flat(mapping["Properties"]["Spec"])))
    }
    assert mapped == {
        "osml-sandbox-ask": ["<AskRole76FE4A60.Arn>"],
        "osml-sandbox-documents": ["<DocumentsRole86E5D883.Arn>"],
    }
    assert all(mapping["DependsOn"] for mapping in mappings)


def test_on_a_collection_a_function_may_call_its_models_too(
    collection: Template, allowed: Any, of_type: OfType
) -> None:
    log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    arn = "<import ExportsOutputFnGetAttSearchCollectionE9B440CCArn6C0BACCE>"
    endpoint = f"arn:<AWS::Partition>:sagemaker:{PLACE}:endpoint/osml-sandbox-aoss-embedding"
    key = f"arn:<AWS::Partition>:secretsmanager:{PLACE}:secret:osml/sandbox-aoss/deepseek-??????"
    ask = {action: resource for action, resource in allowed(collection, "AskPolicy").items() if action not in log}
    assert ask == {
        "aoss:APIAccessAll": arn,
        "sagemaker:InvokeEndpoint": endpoint,
        "secretsmanager:GetSecretValue": key,
        "dynamodb:GetItem": "<ConversationsTable05F75AD7.Arn>",
        "dynamodb:PutItem": "<ConversationsTable05F75AD7.Arn>",
    }
    assert {name for name in allowed(collection, "DocumentsPolicy") if name not in log} == {
        "aoss:APIAccessAll",
        "sagemaker:InvokeEndpoint",
        *UPLOADS,
    }
    assert allowed(collection, "OperatorPolicy") == {
        "lambda:InvokeFunction": ["<DocumentsFunction8356188C.Arn>", "<AskOperators3DDB4D68>"]
    }
    (alias,) = of_type(collection, "AWS::Lambda::Alias").values()
    assert (alias["Properties"]["Name"], alias["Properties"]["FunctionVersion"]) == ("operators", "$LATEST")


def test_a_model_on_bedrock_may_be_streamed_by_ask_only(other: Other, allowed: Any, told: Any) -> None:
    answer = {"provider": "bedrock", "region": "us-east-1"}
    template = other("sandbox-aoss", answer=answer, embedding={"provider": "titan", "dimension": 512})
    ask, documents = allowed(template, "AskPolicy"), allowed(template, "DocumentsPolicy")
    assert any("deepseek.r1" in item for item in ask["bedrock:InvokeModelWithResponseStream"])
    assert "bedrock:InvokeModelWithResponseStream" not in documents
    assert documents["bedrock:InvokeModel"].endswith("foundation-model/amazon.titan-embed-text-v2:0")
    # As the environment says it: what it leaves open is declared with the provider, for the function too.
    assert told(template, "Ask")["answer"] == {"provider": "bedrock", "region": "us-east-1"}
    assert told(template, "Ask")["embedding"] == {"provider": "titan", "dimension": 512}


def test_each_function_may_do_on_the_index_what_it_does(collection: Template, flat: Flat, of_type: OfType) -> None:
    found = {}
    for resource in of_type(collection, "AWS::OpenSearchServerless::AccessPolicy").values():
        ((policy,), name) = json.loads(flat(resource["Properties"]["Policy"])), resource["Properties"]["Name"]
        assert len(name) <= 32
        ((rule,), (role,)) = policy["Rules"], policy["Principal"]
        assert (rule["ResourceType"], rule["Resource"]) == ("index", ["index/osml-sandbox-aoss/passages"])
        found[role] = rule["Permission"]
    assert found == {
        "<AskRole76FE4A60.Arn>": ["aoss:DescribeIndex", "aoss:ReadDocument"],
        "<DocumentsRole86E5D883.Arn>": ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"],
    }


CHAT = {"name": "osml/llm", "key": "api_key"}
ANSWERS: list[dict[str, Any]] = [
    {"provider": "deepseek", "secret": CHAT},
    {"provider": "openai", "model": "m", "endpoint": "llm.example.com", "secret": CHAT},
    {"provider": "sagemaker"},
    {"provider": "sagemaker", "endpoint": "r1", "component": "one", "region": "us-east-1"},
    {"provider": "bedrock", "region": "us-east-1"},
    {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0", "region": "us-east-1"},
]
RECIPES_OF = {
    "deepseek": "deepseek-api",
    "openai": "openai-chat",
    "sagemaker": "deepseek-sagemaker",
    "bedrock": "deepseek-bedrock",
    "bedrock-converse": "bedrock-converse",
}
EMBEDDINGS: list[dict[str, Any]] = [
    {"provider": "sagemaker", "endpoint": "mini", "shape": "array", "dimension": 384},
    {"provider": "titan", "model": "amazon.titan-embed-text-v1", "dimension": 1536},
    {"provider": "cohere", "dimension": 1024},
    {"provider": "openai", "dimension": 256, "secret": CHAT},
]


@pytest.mark.parametrize(
    "groups",
    [{"answer": answer} for answer in ANSWERS] + [{"embedding": embedding} for embedding in EMBEDDINGS],
    ids=lambda groups: "-".join(f"{name}-{group['provider']}" for name, group in groups.items()),
)
def test_the_functions_can_read_their_settings(other: Other, told: Any, groups: dict[str, Any]) -> None:
    from settings.runtime_settings import RuntimeSettings

    template = other("sandbox-aoss", **groups)
    for function in ("Ask", "Documents"):
        settings = RuntimeSettings.model_validate(told(template, function))
        assert settings.search.service == "aoss"
        for name, group in groups.items():
            assert getattr(settings, name).provider == group["provider"]


@pytest.mark.parametrize("thinking", [False, True])
def test_the_functions_know_whether_the_model_reasons(other: Other, told: Any, thinking: bool) -> None:
    from settings.answer.deepseek import DeepSeekAnswer
    from settings.runtime_settings import RuntimeSettings

    template = other("sandbox-aoss", answer={"provider": "deepseek", "secret": CHAT, "thinking": thinking})
    settings = RuntimeSettings.model_validate(told(template, "Ask"))
    assert isinstance(settings.answer, DeepSeekAnswer)
    assert settings.answer.thinking is thinking


@pytest.mark.parametrize("environment", ["sandbox", "dev", "qa", "prod"])
def test_on_a_domain_the_engine_embeds_and_the_function_answers(
    templates: Callable[[str], Templates], told: Any, allowed: Any, flat: Flat, of_type: OfType, environment: str
) -> None:
    from settings.answer.deepseek import DeepSeekAnswer
    from settings.runtime_settings import RuntimeSettings

    template = templates(environment)[f"osml-{environment}-assistant"]
    settings = RuntimeSettings.model_validate(told(template, "Ask"))
    assert isinstance(settings.answer, DeepSeekAnswer)
    assert settings.embedding.provider == "model"
    assert (settings.answer.model, settings.conversations.kind) == ("deepseek-flash", "index")
    (index,) = (
        json.loads(flat(resource["Properties"]["Spec"])) for resource in of_type(template, "Custom::MlIndex").values()
    )
    assert index["name"] == getattr(settings.conversations, "name", None) == "passages-conversations"
    assert told(template, "Ask") == told(template, "Documents")
    # The pipeline has the same prompt, for whoever asks the engine directly.
    pipelines = of_type(templates(environment)[f"osml-{environment}-knowledge"], "Custom::MlSearchPipeline").values()
    specs = [json.loads(flat(pipeline["Properties"]["Spec"])) for pipeline in pipelines]
    (answers,) = [spec for spec in specs if spec["name"] == "passages-answer"]
    (rag,) = [processor["retrieval_augmented_generation"] for processor in answers["pipeline"]["response_processors"]]
    prompt = settings.prompt
    assert (rag["system_prompt"], rag["user_instructions"]) == (prompt.system, prompt.instructions)


def test_the_pipeline_answers_where_nobody_else_is_to(other: Other, told: Any, allowed: Any, of_type: OfType) -> None:
    from settings.runtime_settings import PipelineAnswer, RuntimeSettings

    template = other("sandbox", assistant={"streaming": False})
    settings = RuntimeSettings.model_validate(told(template, "Ask"))
    assert isinstance(settings.answer, PipelineAnswer)
    assert (settings.answer.search_pipeline, settings.answer.model) == ("passages-answer", "deepseek-flash")
    memory = f"{DOMAIN.replace('osml-sandbox', 'osml-other')}/_plugins/_ml/memory"
    ask = allowed(template, "AskPolicy")
    assert set(ask) == LOG | {"es:ESHttpGet", "es:ESHttpPost"}
    # The pipeline reads conversations from the engine's memory.
    assert settings.conversations.kind == "memory"
    assert {memory, f"{memory}/*"} <= set(ask["es:ESHttpPost"])
    assert of_type(template, "Custom::MlIndex") == {}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: "-".join(map(str, answer.values()))[:40])
def test_on_a_domain_ask_may_call_its_answer_model_as_a_stream_and_nothing_else(
    other: Other, told: Any, allowed: Any, answer: dict[str, Any]
) -> None:
    from settings.runtime_settings import RuntimeSettings

    template = other("sandbox", recipe=RECIPES_OF[answer["provider"]], answer=answer)
    assert RuntimeSettings.model_validate(told(template, "Ask")).answer.provider == answer["provider"]  # type: ignore[union-attr]
    action = {
        "bedrock": "bedrock:InvokeModelWithResponseStream",
        "bedrock-converse": "bedrock:InvokeModelWithResponseStream",
        "sagemaker": "sagemaker:InvokeEndpointWithResponseStream",
    }.get(answer["provider"], "secretsmanager:GetSecretValue")
    assert set(allowed(template, "AskPolicy")) == LOG | {"es:ESHttpGet", "es:ESHttpPost", action}
    assert action not in allowed(template, "DocumentsPolicy")


def test_settings_that_no_function_could_hold_are_one_sentence(other: Other) -> None:
    from settings import SettingError

    with pytest.raises(
        SettingError, match=r"prompt\.instructions and assistant\.access make the settings .* shorten them by"
    ):
        other("sandbox", prompt={"system": "Be kind. " * 400})


def test_people_are_invited_and_come_back_to_the_page(domain: Template, flat: Flat) -> None:
    pool = only(domain, "AWS::Cognito::UserPool")["Properties"]
    page = flat(domain["Outputs"]["PageUrl"]["Value"])
    assert page == "https://<ApiCD79AAA0>.execute-api.<AWS::Region>.<AWS::URLSuffix>/sandbox/rag"
    invited = flat(pool["AdminCreateUserConfig"])
    assert invited["AllowAdminCreateUserOnly"] is True
    message = invited["InviteMessageTemplate"]["EmailMessage"]
    # Cognito refuses a mail without the two places, and one that is longer than 20,000 characters.
    assert [message.count(part) for part in (page, "{username}", "{####}")] == [1, 1, 1]
    assert pool["MfaConfiguration"] == "OFF"
    properties = flat(only(domain, "AWS::Cognito::UserPoolClient")["Properties"])
    assert (properties["CallbackURLs"], properties["LogoutURLs"]) == ([page], [page])
    assert properties["EnableTokenRevocation"] is True
    assert (properties["AllowedOAuthFlows"], properties["GenerateSecret"]) == (["code"], False)
    address = only(domain, "AWS::Cognito::UserPoolDomain")
    assert flat(address["Properties"]["Domain"]) == "osml-sandbox-<AWS::AccountId>"
    branding = only(domain, "AWS::Cognito::ManagedLoginBranding")
    assert branding["Properties"]["UseCognitoProvidedValues"] is True


def test_production_keeps_its_people_and_may_restore_conversations(
    templates: Callable[[str], Templates], other: Other
) -> None:
    pool = only(templates("prod")["osml-prod-assistant"], "AWS::Cognito::UserPool")
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    kept = other("sandbox-aoss", search={"kind": "serverless", "removal": "retain"})
    table = only(kept, "AWS::DynamoDB::Table")
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_an_environment_creates_the_account_role_for_logs_only_on_request(
    domain: Template, other: Other, of_type: OfType
) -> None:
    assert of_type(domain, "AWS::ApiGateway::Account") == {}
    own = other("sandbox", assistant={"log_role": "create"})
    # Other APIs write their logs by it when this environment has gone.
    assert only(own, "AWS::ApiGateway::Account")["DeletionPolicy"] == "Retain"


def test_the_page_may_have_other_addresses_and_everybody_a_second_factor(other: Other, flat: Flat) -> None:
    mine, more = "https://help.example.com/rag", "https://example.org:8443/tools/rag"
    template = other("sandbox", assistant={"addresses": [mine, more], "second_factor": True})
    page = flat(template["Outputs"]["PageUrl"]["Value"])
    client = flat(only(template, "AWS::Cognito::UserPoolClient")["Properties"])
    assert client["CallbackURLs"] == client["LogoutURLs"] == [page, mine, more]
    pool = flat(only(template, "AWS::Cognito::UserPool")["Properties"])
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    message = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert mine in message
    assert page not in message
    told = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    [addresses] = [item["ADDRESSES"] for item in told if "ADDRESSES" in item]
    assert addresses == f"{mine} {more}"


@pytest.mark.parametrize(
    ("assistant", "said"),
    [
        ({"addresses": ["https://help.example.com"]}, "assistant.addresses"),
        ({"addresses": ["http://help.example.com/rag"]}, "assistant.addresses"),
        ({"addresses": ["https://help.example.com/rag"], "sign_in": "api-key"}, "addresses is for people who sign in"),
        ({"second_factor": True, "sign_in": "api-key"}, "second_factor is for people who sign in"),
    ],
)
def test_addresses_and_factors_that_nobody_could_use(other: Other, assistant: dict[str, Any], said: str) -> None:
    from settings import SettingError

    with pytest.raises(SettingError, match=said):
        other("sandbox", assistant=assistant)


def test_in_a_vpc_only_the_page_runs_outside(
    synthesize: Callable[..., Templates], tmp_path: Path, of_type: OfType
) -> None:
    settings = yaml.safe_load((Path(__file__).parent / "environments" / "vpc.yaml").read_text())
    (tmp_path / "vpc.yaml").write_text(yaml.safe_dump({**settings, "assistant": {}}))
    template = synthesize("vpc", tmp_path)["osml-vpc-assistant"]
    inside = {
        name[:4]: "VpcConfig" in value["Properties"]
        for name, value in of_type(template, "AWS::Lambda::Function").items()
    }
    assert inside == {"AskF": True, "Docu": True, "Page": False}


def test_the_assets_hold_what_runs(tmp_path: Path) -> None:
    from opensearch_ml.assistant.assistant_function import PARTS
    from opensearch_ml.engine.function_bundle import FunctionBundle

    ask, page = PARTS["ask"], PARTS["page"]
    FunctionBundle(ask.source, native=ask.native, folders=ask.folders).try_bundle(str(tmp_path / "ask"))
    assert (tmp_path / "ask" / "stream-runtime").stat().st_mode & 0o111 == 0o111
    assert (tmp_path / "ask" / "rag" / "answering.py").is_file()
    compiled = [path.name for path in (tmp_path / "ask").rglob("*.so")]
    assert any(name.startswith("_pydantic_core.cpython-313-aarch64") for name in compiled), compiled
    assert all("aarch64" in name for name in compiled)
    assert not {"boto3", "botocore"} & {path.name for path in (tmp_path / "ask").iterdir()}
    assert not [path for path in (tmp_path / "ask").rglob("tests") if path.is_dir()]
    assert list((tmp_path / "ask").glob("*.dist-info/RECORD"))
    FunctionBundle(page.source, folders=page.folders).try_bundle(str(tmp_path / "page"))
    held = {path.relative_to(tmp_path / "page").as_posix() for path in (tmp_path / "page").rglob("*") if path.is_file()}
    assert {"page.py", "web/index.html"} <= held
    assert not [name for name in held if name.endswith(".dist-info")]


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
