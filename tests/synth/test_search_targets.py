"""The stacks of every `search.kind`, in a VPC and with all that can be asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.synth.test_snapshots import without_noise

Templates = dict[str, dict[str, Any]]
CfnLint = Callable[..., str]
Flat = Callable[[Any], Any]
OfType = Callable[[dict[str, Any], str], dict[str, Any]]
ENVIRONMENTS = Path(__file__).parent / "environments"
KINDS = {"vpc": "domain", "guest": "existing", "own": "self-managed"}
# What the keeper calls.
KEPT = {"cloudformation", "secretsmanager", "ssm"}
SUBNETS = [f"subnet-0a1b2c3d4e5f6071{zone}" for zone in "abc"]
TEAM = "arn:aws:es:us-east-1:111122223333:domain/team"
ADMIN = "arn:aws:iam::111122223333:role/SearchAdmin"
MODELS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/own/models-AbCdEf"
LOGIN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/own/login-AbCdEf"


@pytest.fixture(scope="module")
def made(synthesize: Callable[..., Templates]) -> dict[str, Templates]:
    """Templates by the environment's name; cdk-nag has agreed to each, or there would be none."""
    return {name: synthesize(name, ENVIRONMENTS) for name in KINDS}


@pytest.fixture(scope="module")
def statements(flat: Flat, of_type: OfType) -> Callable[[dict[str, Any], str], list[dict[str, Any]]]:
    def get(template: dict[str, Any], policy: str) -> list[dict[str, Any]]:
        (found,) = (
            resource for name, resource in of_type(template, "AWS::IAM::Policy").items() if name.startswith(policy)
        )
        result: list[dict[str, Any]] = flat(found["Properties"]["PolicyDocument"]["Statement"])
        return result

    return get


@pytest.mark.parametrize("part", ["search", "knowledge"])
@pytest.mark.parametrize("name", KINDS)
def test_template(made: dict[str, Templates], snapshot: SnapshotAssertion, name: str, part: str) -> None:
    template = made[name][f"osml-{name}-{part}"]
    assert without_noise(template) == snapshot(extension_class=JSONSnapshotExtension, name=f"{name}-{part}")


def test_cfn_lint_finds_nothing(made: dict[str, Templates], cfn_lint: CfnLint) -> None:
    assert cfn_lint(made.values()) == ""


def test_a_domain_is_made_for_the_kind_domain_only(made: dict[str, Templates], of_type: OfType) -> None:
    for name, kind in KINDS.items():
        domains = of_type(made[name][f"osml-{name}-search"], "AWS::OpenSearchService::Domain")
        assert len(domains) == (kind == "domain"), name


def test_the_domain_has_what_was_asked_for(made: dict[str, Templates], flat: Flat, of_type: OfType) -> None:
    (domain,) = of_type(made["vpc"]["osml-vpc-search"], "AWS::OpenSearchService::Domain").values()
    properties = flat(domain["Properties"])
    cluster = properties["ClusterConfig"]
    assert cluster["MultiAZWithStandbyEnabled"] is True
    assert (cluster["WarmEnabled"], cluster["WarmCount"], cluster["WarmType"]) == (True, 3, "ultrawarm1.medium.search")
    assert (cluster["DedicatedMasterCount"], cluster["ZoneAwarenessConfig"]) == (3, {"AvailabilityZoneCount": 3})
    assert properties["DomainEndpointOptions"]["CustomEndpoint"] == "search.example.com"
    assert properties["DomainEndpointOptions"]["TLSSecurityPolicy"] == "Policy-Min-TLS-1-2-PFS-2023-10"
    assert properties["VPCOptions"]["SubnetIds"] == SUBNETS
    own, existing = properties["VPCOptions"]["SecurityGroupIds"]
    assert (own.startswith("<SearchGroup"), existing) == (True, "sg-0a1b2c3d4e5f60718")


def test_ultrawarm_is_off_unless_asked_for(templates: Callable[[str], Templates], of_type: OfType) -> None:
    (domain,) = of_type(templates("prod")["osml-prod-search"], "AWS::OpenSearchService::Domain").values()
    assert not domain["Properties"]["ClusterConfig"].get("WarmEnabled", False)


def test_the_provisioner_stands_in_the_vpc_and_the_domain_lets_only_it_in(
    made: dict[str, Templates], flat: Flat, of_type: OfType
) -> None:
    search = made["vpc"]["osml-vpc-search"]
    (function,) = of_type(search, "AWS::Lambda::Function").values()
    (group,) = flat(function["Properties"]["VpcConfig"]["SecurityGroupIds"])
    assert flat(function["Properties"]["VpcConfig"]["SubnetIds"]) == SUBNETS
    # Into the domain and into the endpoints.
    rules = [flat(one["Properties"]) for one in of_type(search, "AWS::EC2::SecurityGroupIngress").values()]
    assert {(one["FromPort"], one["ToPort"], one["SourceSecurityGroupId"]) for one in rules} == {(443, 443, group)}
    assert len([one for one in rules if one["GroupId"].startswith("<SearchGroup")]) == 1


@pytest.mark.parametrize(
    ("name", "services"),
    [("vpc", {"s3", *KEPT}), ("guest", {"s3", "sts", *KEPT}), ("own", set())],
    ids=["vpc", "guest", "own"],
)
def test_endpoints_are_those_that_provisioner_and_keeper_call(
    made: dict[str, Templates], flat: Flat, of_type: OfType, name: str, services: set[str]
) -> None:
    endpoints = of_type(made[name][f"osml-{name}-search"], "AWS::EC2::VPCEndpoint").values()
    assert {flat(one["Properties"]["ServiceName"]).rpartition(".")[2] for one in endpoints} == services


def test_a_guest_takes_the_admin_role_for_role_mappings_and_for_nothing_else(
    made: dict[str, Templates], flat: Flat, of_type: OfType, statements: Any
) -> None:
    knowledge, search = made["guest"]["osml-guest-knowledge"], made["guest"]["osml-guest-search"]
    for resource in of_type(knowledge, "Custom::Ml").values():
        role = json.loads(flat(resource["Properties"]["Target"])).get("role")
        mapping = resource["Type"] == "Custom::MlRoleMapping"
        assert role == (ADMIN if mapping else None)
    allowed = statements(search, "ProvisionerPolicy")
    assert {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ADMIN} in allowed
    requests = next(one for one in allowed if "es:ESHttpGet" in one["Action"])
    assert requests["Resource"] == f"{TEAM}/*"


def test_a_guest_has_a_name_that_the_admin_role_can_trust(made: dict[str, Templates], of_type: OfType) -> None:
    roles = of_type(made["guest"]["osml-guest-search"], "AWS::IAM::Role").values()
    assert "osml-guest-provisioner" in [role["Properties"].get("RoleName") for role in roles]


def test_connectors_of_a_guest_trust_that_domain(made: dict[str, Templates], of_type: OfType) -> None:
    roles = of_type(made["guest"]["osml-guest-knowledge"], "AWS::IAM::Role").values()
    assert len(roles) == 2
    for role in roles:
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": TEAM}


def test_an_own_engine_gets_references_and_no_roles(
    made: dict[str, Templates], flat: Flat, of_type: OfType, statements: Any
) -> None:
    knowledge = made["own"]["osml-own-knowledge"]
    assert of_type(knowledge, "AWS::IAM::Role") == {}
    assert of_type(knowledge, "Custom::MlRoleMapping") == {}
    specs = {
        name[:6]: json.loads(flat(one["Properties"]["Spec"]))
        for name, one in of_type(knowledge, "Custom::MlConnector").items()
    }
    assert specs["Embedd"]["secrets"] == {
        "access_key": {"secretArn": MODELS, "key": "access_key"},
        "secret_key": {"secretArn": MODELS, "key": "secret_key"},
    }
    (name,) = specs["Answer"]["secrets"]
    header = specs["Answer"]["connector"]["actions"][0]["headers"]["Authorization"]
    assert (name, header) == ("api_key", "Bearer ${credential.api_key}")
    assert "credential" not in specs["Answer"]["connector"]
    (read,) = statements(knowledge, "ReadSecrets")
    assert read["Action"] == "secretsmanager:GetSecretValue"
    assert MODELS in read["Resource"]


def test_an_own_engine_is_signed_in_to_with_a_login(
    made: dict[str, Templates], flat: Flat, of_type: OfType, statements: Any
) -> None:
    basic = {"secretArn": LOGIN, "username": "username", "password": "password"}
    for resource in of_type(made["own"]["osml-own-knowledge"], "Custom::Ml").values():
        assert json.loads(flat(resource["Properties"]["Target"]))["auth"] == {"basic": basic}
    for policy in ("ProvisionerPolicy", "OperatorPolicy"):
        allowed = statements(made["own"]["osml-own-search"], policy)
        assert {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": LOGIN} in allowed
        assert "es:ESHttp" not in json.dumps(allowed)


def test_an_own_engine_without_keys_for_its_models_is_one_sentence(
    synthesize: Callable[..., Templates], tmp_path: Path
) -> None:
    from osml.environment import SettingError

    text = (ENVIRONMENTS / "own.yaml").read_text()
    lines = [line for line in text.splitlines() if "model_keys" not in line]
    (tmp_path / "own.yaml").write_text("\n".join(lines))
    with pytest.raises(SettingError) as caught:
        synthesize("own", tmp_path)
    assert str(caught.value) == (
        f"{tmp_path.name}/own.yaml: search.model_keys is missing, but a SageMaker embedding endpoint is called with an "
        "access key; set search.model_keys.arn to the secret that holds one"
    )
