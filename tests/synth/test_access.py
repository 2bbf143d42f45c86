"""Permissions of each role: IAM statements word for word, fine-grained access control, encryption, secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT_FOLDER = Path(__file__).resolve().parents[2]
Templates = dict[str, dict[str, Any]]
Flat = Callable[[Any], Any]
OfType = Callable[[dict[str, Any], str], dict[str, Any]]
DOMAIN = "arn:<AWS::Partition>:es:<AWS::Region>:<AWS::AccountId>:domain/osml-sandbox"
HTTP = [f"es:ESHttp{verb}" for verb in ("Delete", "Get", "Head", "Patch", "Post", "Put")]


def without(actions: list[str], left_out: str) -> list[str]:
    return [action for action in actions if action != left_out]


@pytest.fixture(scope="module")
def search(templates: Callable[[str], Templates]) -> dict[str, Any]:
    return templates("sandbox")["osml-sandbox-search"]


@pytest.fixture(scope="module")
def knowledge(templates: Callable[[str], Templates]) -> dict[str, Any]:
    return templates("sandbox")["osml-sandbox-knowledge"]


@pytest.fixture(scope="module")
def inference(templates: Callable[[str], Templates]) -> dict[str, Any]:
    return templates("sandbox")["osml-sandbox-inference"]


@pytest.fixture(scope="module")
def statements(flat: Flat, of_type: OfType) -> Callable[[dict[str, Any], str], list[Any]]:
    def get(template: dict[str, Any], policy: str) -> list[Any]:
        statements = [
            resource for name, resource in of_type(template, "AWS::IAM::Policy").items() if name.startswith(policy)
        ]
        assert len(statements) == 1, policy
        result: list[Any] = flat(statements[0]["Properties"]["PolicyDocument"]["Statement"])
        return result

    return get


@pytest.fixture(scope="module")
def domain(search: dict[str, Any], of_type: OfType) -> dict[str, Any]:
    (resource,) = of_type(search, "AWS::OpenSearchService::Domain").values()
    properties: dict[str, Any] = resource["Properties"]
    return properties


def test_provisioner_may_write_its_log_and_send_requests(search: dict[str, Any], statements: Any) -> None:
    assert statements(search, "ProvisionerPolicy") == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "<ProvisionerLog1277EC01.Arn>",
        },
        {"Effect": "Allow", "Action": without(HTTP, "es:ESHttpHead"), "Resource": f"{DOMAIN}/*"},
    ]


def may_send(statements: list[Any], method: str, path: str) -> bool:
    """Whether a statement allows the request; IAM's wildcards match slashes, too."""
    action, resource = f"es:ESHttp{method.capitalize()}", f"{DOMAIN}{path}"
    return any(
        action in listed(statement["Action"])
        and any(fnmatchcase(resource, pattern.replace("[", "[[]")) for pattern in listed(statement["Resource"]))
        for statement in statements
        if statement["Effect"] == "Allow"
    )


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/passages"),
        ("GET", "/passages-0123abcd"),
        ("GET", "/passages/_alias"),
        ("GET", "/_plugins/_security/authinfo"),
        ("POST", "/_bulk"),
        ("POST", "/passages/_search"),
        ("POST", "/passages-0123abcd/_search"),
        ("PUT", "/passages/_settings"),
    ],
)
def test_operator_may_ask_and_load(method: str, path: str, search: dict[str, Any], statements: Any) -> None:
    assert may_send(statements(search, "OperatorPolicy"), method, path)


@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"])
@pytest.mark.parametrize(
    "path",
    [
        "/_plugins/_security/api/roles/mine",
        "/_plugins/_security/api/rolesmapping",
        "/_opendistro/_security/api/roles/mine",
        "/_opendistro/_security/authinfo",
        "//_plugins/_security/api/roles/mine",
        "/_dashboards/api/v1/configuration/roles/mine",
        "/_snapshot/mine",
        "/_scripts/painless/_execute",
        "/_reindex",
        "/_aliases",
        "/_search",
        "/_plugins/_ml/connectors/_create",
        "/_plugins/_ml/agents/_register",
        "/other/_search",
        "/passages-of-others/_search",
        "/passages/_doc/1",
        "/passages/_mapping",
    ],
)
def test_operator_may_not_send_what_an_administrator_sends(
    method: str, path: str, search: dict[str, Any], statements: Any
) -> None:
    """Ids are in the path, so IAM allows a GET of any name under these two prefixes; the engine has no such name."""
    allowed = may_send(statements(search, "OperatorPolicy"), method, path)
    by_id = ("/_plugins/_ml/agents/", "/_plugins/_ml/connectors/")
    assert allowed == (method == "GET" and path.startswith(by_id))


TEAM = "arn:aws:iam::111122223333:role/Team"
OTHER = "arn:aws:iam::444455556666:role/Team"
ROOT = "arn:<AWS::Partition>:iam::{}:root"


@pytest.mark.parametrize(
    ("operators", "accounts", "condition"),
    [
        ({}, ["<AWS::AccountId>"], None),
        ({"second_factor": True}, ["<AWS::AccountId>"], {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        (
            {"principals": [TEAM, OTHER], "second_factor": True},
            ["111122223333", "444455556666"],
            {"ArnLike": {"aws:PrincipalArn": [TEAM, OTHER]}, "Bool": {"aws:MultiFactorAuthPresent": "true"}},
        ),
    ],
)
def test_operator_trusts_whom_the_file_names(
    operators: dict[str, Any], accounts: list[str], condition: Any, synthesize: Any, flat: Flat, tmp_path: Path
) -> None:
    settings = yaml.safe_load((ROOT_FOLDER / "environments" / "sandbox.yaml").read_text())
    del settings["assistant"]
    (tmp_path / "sandbox.yaml").write_text(yaml.safe_dump(settings | {"operators": operators}))
    resources = synthesize("sandbox", tmp_path)["osml-sandbox-search"]["Resources"]
    (role,) = (
        resource
        for name, resource in resources.items()
        if name.startswith("OperatorRole") and "Role" in resource["Type"]
    )
    statements = flat(role["Properties"]["AssumeRolePolicyDocument"]["Statement"])
    trusted = [item for statement in statements for item in listed(statement["Principal"]["AWS"])]
    assert trusted == [ROOT.format(account) for account in accounts]
    assert {json.dumps(statement.get("Condition"), sort_keys=True) for statement in statements} == {
        json.dumps(condition, sort_keys=True)
    }


def test_provisioner_knows_its_stacks_administrators_and_engine(
    search: dict[str, Any], of_type: OfType, flat: Flat
) -> None:
    (function,) = of_type(search, "AWS::Lambda::Function").values()
    variables = flat(function["Properties"]["Environment"]["Variables"])
    assert variables["PREFIX"] == "osml-sandbox"
    (administrator,) = json.loads(variables["ADMINISTRATORS"])
    assert "ProvisionerRole" in administrator
    (engine,) = json.loads(variables["ENGINES"])
    assert engine["endpoint"].startswith("https://<SearchDomain")
    assert (engine["region"], engine["service"]) == ("<AWS::Region>", "es")


def test_provisioner_may_pass_the_connector_roles_and_no_others(
    knowledge: dict[str, Any], statements: Any, of_type: OfType
) -> None:
    roles = sorted(f"<{name}.Arn>" for name in of_type(knowledge, "AWS::IAM::Role"))
    assert len(roles) == 2
    assert statements(knowledge, "PassRole") == [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": roles}]


def test_embedding_connector_may_call_one_endpoint(knowledge: dict[str, Any], statements: Any) -> None:
    endpoint = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:endpoint/osml-sandbox-embedding"
    assert statements(knowledge, "EmbeddingRolePolicy") == [
        {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": endpoint}
    ]


def test_answer_connector_may_read_one_secret(knowledge: dict[str, Any], statements: Any) -> None:
    secret = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:osml/sandbox/deepseek"
    assert statements(knowledge, "AnswerRolePolicy") == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            "Resource": f"{secret}-??????",
        }
    ]


def test_connector_roles_trust_this_domain_only(knowledge: dict[str, Any], flat: Flat, of_type: OfType) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
        "ArnLike": {"aws:SourceArn": DOMAIN},
    }
    expected = [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["es.amazonaws.com", "opensearchservice.amazonaws.com"]},
            "Condition": condition,
        }
    ]
    roles = of_type(knowledge, "AWS::IAM::Role").values()
    trusts = [flat(role["Properties"]["AssumeRolePolicyDocument"]["Statement"]) for role in roles]
    assert trusts == [expected, expected]


def test_the_provisioner_is_the_one_master_user(domain: dict[str, Any], search: dict[str, Any]) -> None:
    function = search["Resources"]["ProvisionerFunctionAADCAA3B"]
    assert function["Properties"]["Role"] == {"Fn::GetAtt": ["ProvisionerRole7635C4EC", "Arn"]}
    assert domain["AdvancedSecurityOptions"] == {
        "Enabled": True,
        "InternalUserDatabaseEnabled": False,
        "MasterUserOptions": {"MasterUserARN": function["Properties"]["Role"]},
    }


def test_domain_is_encrypted_everywhere(domain: dict[str, Any]) -> None:
    assert domain["EncryptionAtRestOptions"] == {"Enabled": True}
    assert domain["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert domain["DomainEndpointOptions"] == {
        "EnforceHTTPS": True,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }


def test_domain_lets_in_the_account_and_logs_everything(domain: dict[str, Any], flat: Flat) -> None:
    assert flat(domain["AccessPolicies"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:<AWS::Partition>:iam::<AWS::AccountId>:root"},
            "Action": HTTP,
            "Resource": f"{DOMAIN}/*",
        }
    ]
    assert {name for name, log in domain["LogPublishingOptions"].items() if log["Enabled"]} == {
        "SEARCH_SLOW_LOGS",
        "INDEX_SLOW_LOGS",
        "ES_APPLICATION_LOGS",
    }


def test_logs_accept_this_domain_only(search: dict[str, Any], flat: Flat, of_type: OfType) -> None:
    (policy,) = of_type(search, "AWS::Logs::ResourcePolicy").values()
    (statement,) = json.loads(flat(policy["Properties"]["PolicyDocument"]))["Statement"]
    assert statement["Principal"] == {"Service": "es.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": DOMAIN}
    assert len(statement["Resource"]) == 3


def test_a_permissions_boundary_of_the_account_reaches_every_role(
    synthesize: Callable[..., Templates], flat: Flat, of_type: OfType
) -> None:
    """This includes the provisioner's role; the setting is the CDK's own."""
    stacks = synthesize("sandbox", context={"@aws-cdk/core:permissionsBoundary": {"name": "team-boundary"}})
    roles = {id: role for template in stacks.values() for id, role in of_type(template, "AWS::IAM::Role").items()}
    assert any("ProvisionerRole" in id for id in roles)
    for id, role in roles.items():
        assert flat(role["Properties"].get("PermissionsBoundary", "")).endswith(":policy/team-boundary"), id


def test_no_function_but_the_provisioner(search: dict[str, Any], of_type: OfType) -> None:
    assert list(of_type(search, "AWS::Lambda::Function")) == ["ProvisionerFunctionAADCAA3B"]
    assert of_type(search, "Custom::") == {}


def test_no_template_holds_a_secret(templates: Callable[[str], Templates]) -> None:
    for environment in ("sandbox", "prod"):
        for name, template in templates(environment).items():
            text = json.dumps(template)
            assert "resolve:secretsmanager" not in text, name
            assert "SecretString" not in text, name


def test_backend_roles_of_the_sandbox(knowledge: dict[str, Any], flat: Flat, of_type: OfType) -> None:
    specs = [
        json.loads(flat(resource["Properties"]["Spec"]))
        for resource in of_type(knowledge, "Custom::MlRoleMapping").values()
    ]
    mapped = {"ml_full_access": 1, "all_access": 1, "osml-sandbox-operator": 1}
    assert {spec["role"]: len(spec["backend_roles"]) for spec in specs} == mapped
    (provisioner,) = next(spec["backend_roles"] for spec in specs if spec["role"] == "ml_full_access")
    assert "ProvisionerRole" in provisioner
    held = {spec["role"]: spec["backend_roles"] for spec in specs}
    assert held["all_access"] == [provisioner]
    (operator,) = held["osml-sandbox-operator"]
    assert "OperatorRole" in operator
