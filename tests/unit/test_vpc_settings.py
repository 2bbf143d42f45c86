"""What a VPC asks of models, endpoints and addresses: right, or one sentence."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import SettingError, load

VPC = {
    "id": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d"],
    "availability_zones": ["us-east-1a"],
    "endpoints": "create",
    "route_tables": ["rtb-0a1b2c3d"],
    "cidrs": ["10.0.0.0/16"],
}
DOMAIN = {"kind": "domain", "data_nodes": {"instance_type": "r7g.medium.search", "count": 1}}
COLLECTION = {"kind": "serverless"}
TITAN = {"provider": "titan", "dimension": 512}
CONVERSE = {"provider": "bedrock-converse", "model": "amazon.nova-lite-v1:0"}
CHAT = {"provider": "deepseek", "secret": {"name": "osml/other"}}


def told(folder: Path, search: dict[str, Any], vpc: dict[str, Any], **changes: Any) -> str | None:
    """What is said of the environment; None when it is right."""
    recipe = {"serverless": "serverless"}.get(search["kind"], "bedrock-converse")
    settings = {"recipe": recipe, "region": "us-east-1", "embedding": TITAN, "answer": CONVERSE, **changes}
    settings["search"] = {**search, "vpc": {**VPC, **vpc}}
    (folder / "other.yaml").write_text(yaml.safe_dump(settings))
    try:
        load("other", folder)
    except SettingError as fault:
        return str(fault)
    return None


AWAY = {**TITAN, "region": "us-west-2"}
THROUGH = {"egress": "vpc"}


@pytest.mark.parametrize(
    ("search", "vpc", "changes", "said"),
    [
        (DOMAIN, {}, {}, None),
        (COLLECTION, {}, {}, None),
        (DOMAIN, {"cidrs": []}, {}, "whoever is not let in there loses that service; set cidrs"),
        (DOMAIN, {"endpoints": "exist", "route_tables": [], "cidrs": []}, {}, None),
        # A domain calls its models over the internet, unless it goes through the VPC.
        (DOMAIN, {}, {"embedding": AWAY}, None),
        (DOMAIN, THROUGH, {}, None),
        (
            DOMAIN,
            THROUGH,
            {"embedding": AWAY},
            "embedding is in us-west-2, and an endpoint reaches",
        ),
        (
            DOMAIN,
            THROUGH,
            {"retrieval": {"rerank": {"model": "cohere.rerank-v3-5:0", "region": "us-west-2"}}},
            "retrieval.rerank is in us-west-2",
        ),
        (DOMAIN, THROUGH, {"recipe": "deepseek-api", "answer": CHAT}, "a model outside AWS is not reached by an"),
        (
            DOMAIN,
            {**THROUGH, "endpoints": "exist", "route_tables": []},
            {"recipe": "deepseek-api", "answer": CHAT},
            None,
        ),
        (COLLECTION, {}, {"embedding": AWAY}, "embedding is in us-west-2, and an endpoint reaches"),
        (COLLECTION, {}, {"answer": {**CONVERSE, "region": "us-west-2"}}, "answer is in us-west-2"),
        (COLLECTION, {"endpoints": "exist", "route_tables": []}, {"embedding": AWAY}, None),
        (COLLECTION, {}, {"answer": CHAT}, "a model outside AWS is not reached by an endpoint"),
        (COLLECTION, THROUGH, {}, "search.vpc.egress is 'vpc', which is said of a domain that is made here"),
        (COLLECTION, {"collection_endpoint": "vpce-0a1b2c3d"}, {}, None),
        (DOMAIN, {"collection_endpoint": "vpce-0a1b2c3d"}, {}, "collection_endpoint is set, but search.kind is not"),
        (DOMAIN, {"cidrs": ["10.0.0.0"]}, {}, "search.vpc.cidrs"),
    ],
)
def test_a_vpc_and_its_models(
    tmp_path: Path, search: dict[str, Any], vpc: dict[str, Any], changes: dict[str, Any], said: str | None
) -> None:
    found = told(tmp_path, search, vpc, **changes)
    assert found is None if said is None else (found is not None and said in found), found
    assert "\n" not in (found or "")
