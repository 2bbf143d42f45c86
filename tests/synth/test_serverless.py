"""The stacks of a collection: the order of their resources, and who has access."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Template = dict[str, Any]
Templates = dict[str, Template]
Flat = Callable[[Any], Any]
OfType = Callable[[Template, str], dict[str, Any]]
ROOT = Path(__file__).resolve().parents[2]
KIND = "AWS::OpenSearchServerless::"


@pytest.fixture(scope="module")
def search(templates: Callable[[str], Templates]) -> Template:
    return templates("sandbox-aoss")["osml-sandbox-aoss-search"]


@pytest.fixture
def other(synthesize: Callable[..., Templates], tmp_path: Path) -> Callable[..., Templates]:
    """The templates of sandbox-aoss with other settings of `search`, and other groups."""

    def make(search: dict[str, Any], **groups: Any) -> Templates:
        settings = yaml.safe_load((ROOT / "environments" / "sandbox-aoss.yaml").read_text())
        settings |= {"search": {"kind": "serverless", **search}, **groups}
        (tmp_path / "other.yaml").write_text(yaml.safe_dump(settings))
        return synthesize("other", tmp_path)

    return make


def test_four_stacks_and_no_ml_commons(templates: Callable[[str], Templates], of_type: OfType) -> None:
    made = templates("sandbox-aoss")
    assert sorted(made) == [f"osml-sandbox-aoss-{part}" for part in ("assistant", "inference", "knowledge", "search")]
    custom = [resource["Type"] for template in made.values() for resource in of_type(template, "Custom::").values()]
    assert custom == ["Custom::AssistantPage", "Custom::MlIndex"]
    assert "AWS::OpenSearchService::Domain" not in json.dumps(made)


def test_policies_and_group_come_before_the_collection(search: Template, of_type: OfType) -> None:
    (collection,) = (resource for resource in search["Resources"].values() if resource["Type"] == f"{KIND}Collection")
    needed = {search["Resources"][name]["Type"] for name in collection["DependsOn"]}
    assert needed == {f"{KIND}SecurityPolicy", f"{KIND}CollectionGroup"}
    policies = of_type(search, f"{KIND}SecurityPolicy")
    assert set(policies) <= set(collection["DependsOn"])
    assert {policy["Properties"]["Type"] for policy in policies.values()} == {"encryption", "network"}
    assert collection["Properties"]["Type"] == "VECTORSEARCH"


def test_names_are_within_amazons_limits(search: Template, of_type: OfType, other: Callable[..., Templates]) -> None:
    long = other({"name": "a-name-of-twenty-eight-chars", "admins": ["arn:aws:iam::111122223333:role/Team"]})
    made = [search, *long.values()]
    names = [resource["Properties"]["Name"] for template in made for resource in of_type(template, KIND).values()]
    assert len(names) >= 12
    assert max(len(name) for name in names) <= 32
    data = [
        resource["Properties"]["Name"]
        for template in long.values()
        for resource in of_type(template, f"{KIND}AccessPolicy").values()
    ]
    assert len(set(data)) == len(data) == 5


def test_the_provisioner_makes_indexes_and_reads_no_document(search: Template, of_type: OfType, flat: Flat) -> None:
    (policy,) = of_type(search, f"{KIND}AccessPolicy").values()
    (entry,) = json.loads(flat(policy["Properties"]["Policy"]))
    (rule,) = entry["Rules"]
    assert entry["Principal"] == ["<ProvisionerRole7635C4EC.Arn>"]
    assert rule["Permission"] == [f"aoss:{verb}Index" for verb in ("Create", "Delete", "Describe", "Update")]
    statements = [
        resource
        for policy in of_type(search, "AWS::IAM::Policy").values()
        for resource in flat(policy["Properties"]["PolicyDocument"]["Statement"])
    ]
    (requests,) = (statement for statement in statements if statement["Action"] == "aoss:APIAccessAll")
    assert requests["Resource"] == "<SearchCollectionE9B440CC.Arn>"


def test_the_operator_may_do_nothing_by_itself(search: Template, of_type: OfType) -> None:
    assert not [name for name in of_type(search, "AWS::IAM::Policy") if name.startswith("Operator")]


@pytest.mark.parametrize(
    ("settings", "generation", "standby", "least"),
    [
        ({}, "NEXTGEN", "ENABLED", 0),
        ({"generation": "classic"}, "CLASSIC", "DISABLED", 1),
        ({"generation": "classic", "standby": True}, "CLASSIC", "ENABLED", 1),
    ],
)
def test_the_group_says_what_may_run(
    other: Callable[..., Templates], settings: dict[str, Any], generation: str, standby: str, least: int
) -> None:
    template = other({**settings, "capacity": {"indexing": [2, 16]}})["osml-other-search"]
    made = {resource["Type"]: resource["Properties"] for resource in template["Resources"].values()}
    group, collection = made[f"{KIND}CollectionGroup"], made[f"{KIND}Collection"]
    assert (group["Generation"], group["StandbyReplicas"]) == (generation, standby)
    assert collection["StandbyReplicas"] == standby
    assert collection["CollectionGroupName"] == group["Name"] == "osml-other"
    assert group["CapacityLimits"] == {
        "MinSearchCapacityInOcu": least,
        "MaxSearchCapacityInOcu": 8,
        "MinIndexingCapacityInOcu": 2,
        "MaxIndexingCapacityInOcu": 16,
    }


@pytest.mark.parametrize(
    ("removal", "policies"), [("retain", ("RetainExceptOnCreate", "Retain")), ("destroy", ("Delete", "Delete"))]
)
def test_removal_decides_about_the_data(
    other: Callable[..., Templates], of_type: OfType, removal: str, policies: tuple[str, str]
) -> None:
    made = other({"removal": removal})
    kept = [
        resource
        for resource in of_type(made["osml-other-search"], KIND).values()
        if resource["Type"] != f"{KIND}AccessPolicy"
    ]
    kept += of_type(made["osml-other-knowledge"], "Custom::MlIndex").values()
    assert {(item["DeletionPolicy"], item["UpdateReplacePolicy"]) for item in kept} == {policies}


@pytest.mark.parametrize(("generation", "engine"), [("nextgen", None), ("classic", "faiss")])
def test_the_index_is_hnsw_and_nothing_else(
    other: Callable[..., Templates], of_type: OfType, flat: Flat, generation: str, engine: str | None
) -> None:
    made = other({"generation": generation})
    (index,) = of_type(made["osml-other-knowledge"], "Custom::MlIndex").values()
    spec = json.loads(index["Properties"]["Spec"])
    assert spec["body"]["settings"] == {"index": {"knn": True}}
    fields = spec["body"]["mappings"]["properties"]
    assert (fields["document"], fields["id"]) == ({"type": "keyword"}, {"type": "keyword"})
    method = fields["embedding"]["method"]
    assert (method["name"], method.get("engine")) == ("hnsw", engine)
    assert set(spec) == {"name", "body"}
    target = json.loads(flat(index["Properties"]["Target"]))
    (policy,) = of_type(made["osml-other-search"], f"{KIND}AccessPolicy").values()
    assert (target["service"], target["data_policy"]) == ("aoss", policy["Properties"]["Name"])


VPC = {
    "id": "vpc-0a1b2c3d4e5f60718",
    "subnets": ["subnet-0a1b2c3d4e5f6071a"],
    "availability_zones": ["us-east-1a"],
    "endpoints": "create",
    "route_tables": ["rtb-0a1b2c3d4e5f60718"],
    "cidrs": ["10.0.0.0/16"],
}
BEDROCK = {"provider": "bedrock", "region": "us-east-1"}


def through(template: dict[str, Any], of_type: OfType, flat: Flat) -> tuple[bool, list[str]]:
    """Whether the collection is public, and the endpoints that reach it."""
    policies = [
        json.loads(flat(resource["Properties"]["Policy"]))
        for resource in of_type(template, f"{KIND}SecurityPolicy").values()
    ]
    (network,) = next(policy for policy in policies if isinstance(policy, list))
    return network["AllowFromPublic"], network["SourceVPCEs"]


@pytest.mark.parametrize("generation", ["classic", "nextgen"])
def test_a_collection_in_a_vpc_is_reached_from_there_only(
    other: Callable[..., Templates], of_type: OfType, flat: Flat, generation: str
) -> None:
    template = other({"vpc": VPC, "generation": generation}, answer=BEDROCK)["osml-other-search"]
    services = {
        flat(value["Properties"]["ServiceName"]).rpartition("<AWS::Region>.")[2]: (name, value["Properties"])
        for name, value in of_type(template, "AWS::EC2::VPCEndpoint").items()
    }
    usual = {"s3", "dynamodb", "sqs", "sagemaker.runtime", "bedrock-runtime"}
    if generation == "classic":
        ((name, endpoint),) = of_type(template, f"{KIND}VpcEndpoint").items()
        properties, id = endpoint["Properties"], f"<{name}.Id>"
        assert set(services) == usual
    else:
        # The endpoint's name ends with on.aws, which the endpoint of the classic generation does not serve.
        assert of_type(template, f"{KIND}VpcEndpoint") == {}
        name, properties = services["aoss-data"]
        id = f"<{name}>"
        assert set(services) == {*usual, "aoss-data"}
        assert (properties["PrivateDnsEnabled"], properties["VpcEndpointType"]) == (True, "Interface")
    assert properties["SubnetIds"] == VPC["subnets"]
    assert through(template, of_type, flat) == (False, [id])


def test_a_vpc_with_an_endpoint_for_collections_gets_no_second_one(
    other: Callable[..., Templates], of_type: OfType, flat: Flat
) -> None:
    vpc = {**VPC, "collection_endpoint": "vpce-0a1b2c3d4e5f60718"}
    template = other({"vpc": vpc}, answer=BEDROCK)["osml-other-search"]
    endpoints = of_type(template, "AWS::EC2::VPCEndpoint").values()
    assert not [endpoint for endpoint in endpoints if flat(endpoint["Properties"]["ServiceName"]).endswith("aoss-data")]
    assert through(template, of_type, flat) == (False, ["vpce-0a1b2c3d4e5f60718"])


def test_cfn_lint_finds_nothing(other: Callable[..., Templates], cfn_lint: Callable[..., str]) -> None:
    assert cfn_lint([other({"generation": "classic", "removal": "retain"}, assistant={"sign_in": "api-key"})]) == ""


USED = Path(__file__).parents[1] / "unit" / "files" / "whole" / "used-collection.yaml"


def test_a_collection_of_somebody_else_gets_grants_and_nothing_else(
    synthesize: Callable[..., Templates], of_type: OfType, flat: Flat, tmp_path: Path
) -> None:
    settings = yaml.safe_load(USED.read_text())
    (tmp_path / "used.yaml").write_text(yaml.safe_dump(settings))
    made = synthesize("used", tmp_path)
    collection = settings["search"]["collection"]
    kinds = {each["Type"] for template in made.values() for each in of_type(template, KIND).values()}
    assert kinds == {f"{KIND}AccessPolicy"}
    granted = [each for template in made.values() for each in of_type(template, f"{KIND}AccessPolicy").values()]
    assert len(granted) >= 3
    for access in granted:
        assert f"index/{collection['name']}/" in json.dumps(flat(access["Properties"]["Policy"]))
    search, knowledge = made["osml-used-search"], made["osml-used-knowledge"]
    assert collection["arn"] in json.dumps(of_type(search, "AWS::IAM::Policy"))
    assert "abcdefghij0123456789" in json.dumps(flat(of_type(search, "AWS::CloudWatch::Dashboard")))
    ((index),) = of_type(knowledge, "Custom::MlIndex").values()
    assert index["Properties"]["Adopted"] == "true"
    spec = json.loads(flat(index["Properties"]["Spec"]))
    assert spec["name"] == "sample-embeddings-dev"
    assert spec["body"].keys() == {"mappings"}
    assert spec["body"]["mappings"]["properties"].keys() == {"document", "passage_id", "stored", "passages", "osml"}
    assert json.loads(flat(index["Properties"]["Target"]))["endpoint"] == collection["endpoint"]
