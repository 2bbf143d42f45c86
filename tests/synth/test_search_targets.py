"""The stacks of every `search.kind`, in a VPC and with all options."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from settings.domain_hardware import OWN_DISKS, UNENCRYPTED
from tests.synth.test_snapshots import without_noise

Templates = dict[str, dict[str, Any]]
Flat = Callable[[Any], Any]
OfType = Callable[[dict[str, Any], str], dict[str, Any]]
ENVIRONMENTS = Path(__file__).parent / "environments"
KINDS = {"vpc": "domain", "guest": "existing", "own": "self-managed"}
# The services that the keeper calls.
KEPT = {"cloudformation", "secretsmanager", "ssm"}
SUBNETS = [f"subnet-0a1b2c3d4e5f6071{zone}" for zone in "abc"]
TEAM = "arn:aws:es:us-east-1:111122223333:domain/team"
ADMIN = "arn:aws:iam::111122223333:role/SearchAdmin"
MODELS = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/own/models-AbCdEf"
LOGIN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/own/login-AbCdEf"


@pytest.fixture(scope="module")
def made(synthesize: Callable[..., Templates]) -> dict[str, Templates]:
    """Templates by the environment's name; a synthesis succeeds only without findings of cdk-nag."""
    return {name: synthesize(name, ENVIRONMENTS) for name in KINDS}


@pytest.fixture(scope="module")
def statements(flat: Flat, of_type: OfType) -> Callable[[dict[str, Any], str], list[dict[str, Any]]]:
    def get(template: dict[str, Any], policy: str) -> list[dict[str, Any]]:
        (access_policy,) = (
            resource for name, resource in of_type(template, "AWS::IAM::Policy").items() if name.startswith(policy)
        )
        result: list[dict[str, Any]] = flat(access_policy["Properties"]["PolicyDocument"]["Statement"])
        return result

    return get


@pytest.mark.parametrize("part", ["search", "knowledge"])
@pytest.mark.parametrize("name", KINDS)
def test_template(made: dict[str, Templates], snapshot: SnapshotAssertion, name: str, part: str) -> None:
    template = made[name][f"osml-{name}-{part}"]
    assert without_noise(template) == snapshot(extension_class=JSONSnapshotExtension, name=f"{name}-{part}")


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


def test_amazon_works_on_a_domain_at_night_or_when_it_is_told(
    templates: Callable[[str], Templates], made: dict[str, Templates], of_type: OfType
) -> None:
    """Without a window, Amazon begins at 22:00 of the region's time."""
    [dev] = of_type(templates("dev")["osml-dev-search"], "AWS::OpenSearchService::Domain").values()
    assert dev["Properties"]["OffPeakWindowOptions"] == {"Enabled": True}
    [domain] = of_type(made["vpc"]["osml-vpc-search"], "AWS::OpenSearchService::Domain").values()
    start = {"WindowStartTime": {"Hours": 3, "Minutes": 30}}
    assert domain["Properties"]["OffPeakWindowOptions"] == {"Enabled": True, "OffPeakWindow": start}


@pytest.mark.parametrize(("name", "audited"), [("dev", False), ("prod", True)])
def test_what_a_domain_writes_into_logs_can_be_written(
    templates: Callable[[str], Templates], name: str, audited: bool, of_type: OfType, flat: Flat
) -> None:
    """Every published log gets entries: slow logs have thresholds in the index, and the audit log is enabled."""
    search = templates(name)[f"osml-{name}-search"]
    [domain] = of_type(search, "AWS::OpenSearchService::Domain").values()
    options = domain["Properties"]["LogPublishingOptions"]
    published = {log: option for log, option in options.items() if option["Enabled"]}
    others = {"AUDIT_LOGS"} if audited else set()
    assert set(published) == {"ES_APPLICATION_LOGS", "SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS"} | others
    audits = of_type(templates(name)[f"osml-{name}-knowledge"], "Custom::MlAuditLog")
    assert len(audits) == int(audited)
    [policy] = of_type(search, "AWS::Logs::ResourcePolicy").values()
    document = flat(policy["Properties"]["PolicyDocument"])
    assert all(flat(item["CloudWatchLogsLogGroupArn"]) in str(document) for item in published.values())
    [index] = of_type(templates(name)[f"osml-{name}-knowledge"], "Custom::MlIndex").values()
    settings = json.loads(flat(index["Properties"]["Spec"]))["body"]["settings"]["index"]
    assert settings["search"]["slowlog"]["threshold"]["query"]["warn"] == "5s"
    assert settings["indexing"]["slowlog"] == {"threshold": {"index": {"warn": "10s"}}, "source": "false"}


def test_environments_may_share_one_log_policy(made: dict[str, Templates], of_type: OfType) -> None:
    """An account has at most ten of these policies in a region."""
    assert of_type(made["vpc"]["osml-vpc-search"], "AWS::Logs::ResourcePolicy") == {}


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
    rules = [flat(resource["Properties"]) for resource in of_type(search, "AWS::EC2::SecurityGroupIngress").values()]
    assert {(rule["FromPort"], rule["ToPort"], rule["SourceSecurityGroupId"]) for rule in rules} == {(443, 443, group)}
    assert [rule["GroupId"].startswith("<SearchGroup") for rule in rules] == [True]


def test_endpoints_allow_the_whole_vpc(made: dict[str, Templates], flat: Flat, of_type: OfType) -> None:
    """Their private names hold for the whole VPC: a caller without access could not reach the service any more."""
    for name, cidrs in {"vpc": ["10.0.0.0/16"], "guest": ["10.0.0.0/16", "10.1.0.0/16"]}.items():
        search = made[name][f"osml-{name}-search"]
        groups = of_type(search, "AWS::EC2::SecurityGroup")
        for endpoint in of_type(search, "AWS::EC2::VPCEndpoint").values():
            if not endpoint["Properties"].get("PrivateDnsEnabled"):
                continue
            [group] = flat(endpoint["Properties"]["SecurityGroupIds"])
            rules = groups[group.strip("<>").partition(".")[0]]["Properties"]["SecurityGroupIngress"]
            assert [(rule["CidrIp"], rule["FromPort"]) for rule in rules] == [(cidr, 443) for cidr in cidrs]


def test_what_a_domain_sends_goes_through_the_vpc_where_that_is_asked_for(
    made: dict[str, Templates], synthesize: Callable[..., Templates], tmp_path: Path, flat: Flat, of_type: OfType
) -> None:
    (usual,) = of_type(made["vpc"]["osml-vpc-search"], "AWS::OpenSearchService::Domain").values()
    assert "EgressEnabled" not in usual["Properties"]["VPCOptions"]
    settings = yaml.safe_load((ENVIRONMENTS / "vpc.yaml").read_text()) | {"recipe": "bedrock-converse"}
    settings["search"]["vpc"]["egress"] = "vpc"
    settings["answer"] = {"model": "us.amazon.nova-lite-v1:0", "region": "us-east-1"}
    (tmp_path / "vpc.yaml").write_text(yaml.safe_dump(settings))
    search = synthesize("vpc", tmp_path)["osml-vpc-search"]
    (domain,) = of_type(search, "AWS::OpenSearchService::Domain").values()
    assert domain["Properties"]["VPCOptions"]["EgressEnabled"] is True
    own = flat(domain["Properties"]["VPCOptions"]["SecurityGroupIds"])[0].strip("<>").partition(".")[0]
    [rule] = search["Resources"][own]["Properties"]["SecurityGroupEgress"]
    assert (rule["FromPort"], rule["CidrIp"]) == (443, "0.0.0.0/0")
    services = {
        re.sub(r"^com\.amazonaws\.(us-east-1|<AWS::Region>)\.", "", flat(resource["Properties"]["ServiceName"]))
        for resource in of_type(search, "AWS::EC2::VPCEndpoint").values()
    }
    # This environment has no key that the keeper would have to renew.
    assert services == {"s3", "sagemaker.runtime", "bedrock-runtime", *KEPT} - {"secretsmanager"}


@pytest.mark.parametrize(
    ("more", "called"),
    [
        ({"drop": {}, "reading": {"scans": "textract"}}, {"sqs", "textract"}),
        # Large uploads to the assistant are jobs in a queue.
        ({"assistant": {"sign_in": "iam", "page": False}}, {"sqs"}),
    ],
    ids=["drop", "assistant"],
)
def test_what_functions_call_is_reached_by_an_endpoint(
    synthesize: Callable[..., Templates],
    tmp_path: Path,
    flat: Flat,
    of_type: OfType,
    more: dict[str, object],
    called: set[str],
) -> None:
    settings = yaml.safe_load((ENVIRONMENTS / "vpc.yaml").read_text())
    settings |= more
    (tmp_path / "vpc.yaml").write_text(yaml.safe_dump(settings))
    search = synthesize("vpc", tmp_path)["osml-vpc-search"]
    endpoints = of_type(search, "AWS::EC2::VPCEndpoint").values()
    services = {flat(endpoint["Properties"]["ServiceName"]).rpartition(".")[2] for endpoint in endpoints}
    assert services == {"s3", *called, *KEPT}


@pytest.mark.parametrize(
    ("name", "services"),
    [("vpc", {"s3", *KEPT}), ("guest", {"s3", "sts", *KEPT}), ("own", set())],
    ids=["vpc", "guest", "own"],
)
def test_endpoints_are_those_that_provisioner_and_keeper_call(
    made: dict[str, Templates], flat: Flat, of_type: OfType, name: str, services: set[str]
) -> None:
    endpoints = of_type(made[name][f"osml-{name}-search"], "AWS::EC2::VPCEndpoint").values()
    assert {flat(endpoint["Properties"]["ServiceName"]).rpartition(".")[2] for endpoint in endpoints} == services


def test_a_guest_takes_the_admin_role_for_roles_and_their_mappings_and_for_nothing_else(
    made: dict[str, Templates], flat: Flat, of_type: OfType, statements: Any
) -> None:
    knowledge, search = made["guest"]["osml-guest-knowledge"], made["guest"]["osml-guest-search"]
    for resource in of_type(knowledge, "Custom::Ml").values():
        role = json.loads(flat(resource["Properties"]["Target"])).get("role")
        mapping = resource["Type"] in ("Custom::MlRole", "Custom::MlRoleMapping")
        assert role == (ADMIN if mapping else None)
    allowed = statements(search, "ProvisionerPolicy")
    assert {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ADMIN} in allowed
    requests = next(item for item in allowed if "es:ESHttpGet" in item["Action"])
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
        name[:6]: json.loads(flat(value["Properties"]["Spec"]))
        for name, value in of_type(knowledge, "Custom::MlConnector").items()
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
    from settings import SettingError

    text = (ENVIRONMENTS / "own.yaml").read_text()
    lines = [line for line in text.splitlines() if "model_keys" not in line]
    (tmp_path / "own.yaml").write_text("\n".join(lines))
    with pytest.raises(SettingError) as caught:
        synthesize("own", tmp_path)
    assert str(caught.value) == (
        f"{tmp_path.name}/own.yaml: search.model_keys is missing, but a SageMaker embedding endpoint is called with an "
        "access key; set model_keys to a secret that holds one."
    )


def test_families_with_disks_of_their_own_are_those_of_the_cdk() -> None:
    from aws_cdk import App, Stack
    from aws_cdk import aws_opensearchservice as opensearch

    def refused(machine: str, **options: Any) -> set[str]:
        with pytest.raises(RuntimeError, match="instance types do not support") as said:
            opensearch.Domain(
                Stack(App(), "S"),
                "D",
                version=opensearch.EngineVersion.open_search("2.19"),
                capacity=opensearch.CapacityConfig(
                    data_node_instance_type=machine, multi_az_with_standby_enabled=False
                ),
                **options,
            )
        [match] = re.findall(r"(\w[\w, ]+) instance types do not support", str(said.value))
        return {part.lower() for part in re.split(r",? and |, ", match)}

    assert refused("i3.large.search", ebs=opensearch.EbsOptions(enabled=True)) == set(OWN_DISKS)
    encrypted = opensearch.EncryptionAtRestOptions(enabled=True)
    assert refused("t2.small.search", encryption_at_rest=encrypted) == set(UNENCRYPTED)
