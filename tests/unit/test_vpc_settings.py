"""What a VPC demands of models, endpoints and addresses: valid settings, or one sentence."""

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
CUSTOM = {
    "provider": "custom",
    "llm_model": "bedrock/mine",
    "connector": {
        "protocol": "http",
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": "https://llm.example.com/answer",
                "request_body": '{"prompt": "${parameters.inputs}"}',
            }
        ],
    },
}
RECIPES_OF = {"deepseek": "deepseek-api", "bedrock-converse": "bedrock-converse", "custom": "custom"}
CHAT = {"provider": "deepseek", "secret": {"name": "osml/other"}}


def complaint_of(folder: Path, search: dict[str, Any], vpc: dict[str, Any], **changes: Any) -> str | None:
    """The sentence for the environment; None when it is valid."""
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
        (DOMAIN, {"cidrs": []}, {}, "clients that the endpoint does not admit lose that service; set cidrs"),
        (DOMAIN, {"endpoints": "exist", "route_tables": [], "cidrs": []}, {}, None),
        # A domain calls its models over the internet, unless the calls go through the VPC.
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
        (DOMAIN, THROUGH, {"recipe": "deepseek-api", "answer": CHAT}, "an endpoint cannot reach a model outside AWS"),
        (
            DOMAIN,
            {**THROUGH, "endpoints": "exist", "route_tables": []},
            {"recipe": "deepseek-api", "answer": CHAT},
            None,
        ),
        (COLLECTION, {}, {"embedding": AWAY}, "embedding is in us-west-2, and an endpoint reaches"),
        (COLLECTION, {}, {"answer": {**CONVERSE, "region": "us-west-2"}}, "answer is in us-west-2"),
        (COLLECTION, {"endpoints": "exist", "route_tables": []}, {"embedding": AWAY}, None),
        # A function in the VPC receives streamed answers of the model.
        (
            DOMAIN,
            {},
            {"recipe": "deepseek-api", "answer": CHAT, "assistant": {"streaming": True}},
            "or set assistant.streaming to false, or choose a model on AWS",
        ),
        (
            DOMAIN,
            {},
            {"answer": {**CONVERSE, "region": "us-west-2"}, "assistant": {"streaming": True}},
            "answer is in us-west-2, and an endpoint reaches",
        ),
        (DOMAIN, {}, {"answer": {**CONVERSE, "region": "us-west-2"}, "assistant": {}}, None),
        (DOMAIN, {}, {"embedding": AWAY, "assistant": {"streaming": True}}, None),
        (COLLECTION, {}, {"answer": CHAT}, "an endpoint cannot reach a model outside AWS"),
        (COLLECTION, THROUGH, {}, "search.vpc.egress is 'vpc', which is only for a new domain"),
        (COLLECTION, {"collection_endpoint": "vpce-0a1b2c3d"}, {}, None),
        (DOMAIN, {"collection_endpoint": "vpce-0a1b2c3d"}, {}, "collection_endpoint is set, but search.kind is not"),
        (DOMAIN, {"cidrs": ["10.0.0.0"]}, {}, "search.vpc.cidrs"),
    ],
)
def test_a_vpc_and_its_models(
    tmp_path: Path, search: dict[str, Any], vpc: dict[str, Any], changes: dict[str, Any], said: str | None
) -> None:
    complaint = complaint_of(tmp_path, search, vpc, **changes)
    assert complaint is None if said is None else (complaint is not None and said in complaint), complaint
    assert "\n" not in (complaint or "")


EXIST = {"endpoints": "exist", "route_tables": [], "cidrs": []}


@pytest.mark.parametrize(
    ("search", "vpc", "assistant", "answer", "streams"),
    [
        (DOMAIN, None, {}, CHAT, True),
        (DOMAIN, None, {"streaming": False}, CHAT, False),
        (DOMAIN, None, None, CHAT, False),
        (DOMAIN, None, {}, CONVERSE, True),
        (DOMAIN, None, {}, CUSTOM, False),
        # VPC endpoints reach only services of AWS in the VPC's region.
        (DOMAIN, VPC, {}, CONVERSE, True),
        (DOMAIN, VPC, {}, {**CONVERSE, "region": "us-east-1"}, True),
        (DOMAIN, VPC, {}, {**CONVERSE, "region": "us-west-2"}, False),
        (DOMAIN, VPC, {}, CHAT, False),
        # The settings show internet access of the subnets only where the domain's own calls go through them.
        (DOMAIN, {**VPC, **EXIST}, {}, CHAT, False),
        (DOMAIN, {**VPC, **EXIST}, {"streaming": True}, CHAT, True),
        (DOMAIN, {**VPC, **EXIST, **THROUGH}, {}, CHAT, True),
        (COLLECTION, {**VPC, **EXIST}, {}, CHAT, True),
        (COLLECTION, VPC, {}, CONVERSE, True),
    ],
)
def test_answers_stream_where_the_function_certainly_reaches_the_model(
    tmp_path: Path,
    search: dict[str, Any],
    vpc: dict[str, Any] | None,
    assistant: dict[str, Any] | None,
    answer: dict[str, Any],
    streams: bool,
) -> None:
    recipe = RECIPES_OF[answer["provider"]] if search is DOMAIN else "serverless"
    settings = {"recipe": recipe, "region": "us-east-1", "embedding": TITAN, "answer": answer}
    settings |= {"search": {**search, **({"vpc": vpc} if vpc else {})}}
    settings |= {} if assistant is None else {"assistant": assistant}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(settings))
    assert load("other", tmp_path).streams is streams


@pytest.mark.parametrize(
    ("recipe", "answer", "streaming", "said"),
    [
        ("custom", True, True, "a connector of ml-commons, which the engine alone can call, in one piece; leave"),
        ("serverless", True, False, "a collection has no pipeline that answers; leave it out"),
        ("semantic-search", False, True, "assistant.streaming is true, but no model answers; leave it out"),
    ],
)
def test_who_answers_is_decided_only_where_there_are_two(
    tmp_path: Path, recipe: str, answer: bool, streaming: bool, said: str
) -> None:
    settings: dict[str, Any] = {"recipe": recipe, "region": "us-east-1", "embedding": TITAN}
    settings |= {"answer": CUSTOM if recipe == "custom" else CONVERSE} if answer else {}
    settings |= {"search": COLLECTION if recipe == "serverless" else DOMAIN, "assistant": {"streaming": streaming}}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(SettingError, match=said):
        load("other", tmp_path)
