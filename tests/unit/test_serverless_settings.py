"""A collection and an assistant in an environment file: their defaults, and the sentence for each refused setting."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Environment, SettingError, load
from settings.prices import HOURS, idle, in_use
from settings.serverless import Serverless

AOSS: dict[str, Any] = {
    "recipe": "serverless",
    "search": {"kind": "serverless"},
    "embedding": {"provider": "titan", "dimension": 512},
    "answer": {"provider": "bedrock", "region": "us-east-1"},
}
DOMAIN: dict[str, Any] = {
    "recipe": "deepseek-api",
    "search": {"kind": "domain", "data_nodes": {"instance_type": "r7g.medium.search", "count": 1}},
    "embedding": {"provider": "titan", "dimension": 512},
    "answer": {"secret": {"name": "osml/other"}},
    "assistant": {},
}
VPC = {"id": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b2c3d"], "availability_zones": ["us-east-1a"]}
GATED = {**VPC, "endpoints": "create", "route_tables": ["rtb-0a1b2c3d"], "cidrs": ["10.0.0.0/16"]}
CHAT = {"provider": "deepseek", "secret": {"name": "osml/other"}}
CUSTOM = {
    "provider": "custom",
    "llm_model": "m",
    "connector": {
        "protocol": "http",
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": "https://m.example.com/",
                "request_body": '{"messages": ${parameters.messages}}',
            }
        ],
    },
}


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`base`, with the groups of `change` merged into its own."""
    groups = {
        name: {**base[name], **value} if isinstance(value, dict) and isinstance(base.get(name), dict) else value
        for name, value in change.items()
    }
    return {**base, **groups}


def loaded(directory: Path, settings: dict[str, Any], name: str = "other") -> Environment:
    (directory / f"{name}.yaml").write_text(yaml.safe_dump(settings))
    return load(name, directory)


def refused(directory: Path, settings: dict[str, Any], name: str = "other") -> str:
    with pytest.raises(SettingError) as caught:
        loaded(directory, settings, name)
    return str(caught.value).partition(f"{name}.yaml: ")[2]


def test_a_collection_has_an_assistant_and_scales_to_nothing(tmp_path: Path) -> None:
    environment = loaded(tmp_path, AOSS)
    search = environment.search
    assert isinstance(search, Serverless)
    assert (
        (environment.assistant.sign_in, environment.assistant.page) == ("cognito", True)
        if environment.assistant
        else False
    )
    assert (search.search_units, search.indexing_units, search.standby_replicas) == ((0, 8), (0, 8), True)
    assert environment.domain_name == "osml-other"
    assert environment.timeouts.answer == 120


def test_classic_has_replicas_by_choice(tmp_path: Path) -> None:
    for standby, expected in ((None, False), (True, True)):
        given = {} if standby is None else {"standby": standby}
        search = loaded(tmp_path, merged(AOSS, {"search": {"generation": "classic", **given}})).search
        assert isinstance(search, Serverless)
        assert (search.standby_replicas, search.search_units) == (expected, (1, 8))


def test_a_domain_has_an_assistant_only_when_asked(tmp_path: Path) -> None:
    assert loaded(tmp_path, DOMAIN).assistant is not None
    without = {name: value for name, value in DOMAIN.items() if name != "assistant"}
    assert loaded(tmp_path, without).assistant is None


@pytest.mark.parametrize("name", ["sandbox", "sandbox-aoss", "dev", "qa", "prod"])
def test_the_environments_have_an_assistant(name: str) -> None:
    assert load(name, Path(__file__).parents[2] / "environments").assistant is not None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"recipe": "deepseek-bedrock"},
            "search.kind is 'serverless', but the recipe deepseek-bedrock needs ml-commons, which a collection does "
            "not have; set recipe to serverless.",
        ),
        (
            {"search": {"standby": False}},
            "search: standby is false, but the generation nextgen always has replicas, which cost nothing while idle; "
            "leave standby out, or set generation to classic.",
        ),
        (
            {"search": {"generation": "classic", "capacity": {"search": [0, 4]}}},
            "search: capacity.search is [0, 4], but the generation classic never scales to nothing; set it to [1, 4], "
            "or generation to nextgen.",
        ),
        (
            {"search": {"capacity": {"search": [0, 10]}}},
            "search.capacity.search: [0, 10] are not numbers of units that Amazon has; the most is 1, 2, 4, 8, 16 or "
            "a multiple of 16 up to 1696, the least one of these or 0.",
        ),
        (
            {"search": {"capacity": {"indexing": [8, 4]}}},
            "search.capacity.indexing: the least units are 8, more than the most, 4; set [4, 8].",
        ),
        (
            {"search": {"capacity": {"search": [4]}}},
            "search.capacity.search: [4] must be the least and the most units, for example [0, 8]; write two numbers.",
        ),
        ({"search": {"vector_engine": "lucene"}}, "search.vector_engine is 'lucene', but can be 'faiss' only; set one"),
        ({"search": {"name": "No"}}, "search.name is 'No', but must look like passages."),
        (
            {"search": {"admins": ["everybody"]}},
            "search.admins.0 is 'everybody', but must look like arn:aws:iam::111122223333:role/Team.",
        ),
        ({"search": {"data_nodes": {}}}, "search.data_nodes is not a setting; search has removal, log_retention, vpc,"),
        (
            {"answer": CUSTOM},
            "answer.provider is 'custom', a connector of ml-commons, but on a collection the assistant calls the model "
            "itself; set it to bedrock, bedrock-converse, deepseek, openai or sagemaker.",
        ),
        ({"answer": None}, "answer in line 1 is left empty (null); write a value, or remove the line."),
        ({"index": {"shards": 2}}, "index.shards is set, but a collection sets this itself; leave it out."),
        ({"index": {"replicas": 0}}, "index.replicas is set, but a collection sets this itself; leave it out."),
        ({"index": {"batch_size": 8}}, "index.batch_size is set, but a collection sets this itself; leave it out."),
        (
            {"index": {"text_field": "stored"}},
            "index names a field 'stored', which an index of a collection already has; choose another name.",
        ),
        (
            {"index": {"text_field": "document"}},
            "index: 'document' is a field that the index already has; choose another name.",
        ),
        (
            {"search": {"vpc": GATED}, "answer": CHAT},
            "search.vpc.endpoints is 'create', but an endpoint cannot reach a model outside AWS; give the subnets "
            "a NAT gateway and set search.vpc.endpoints to exist, or choose a model on AWS.",
        ),
    ],
)
def test_what_a_collection_refuses(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    settings = merged(AOSS, change)
    if "answer" in change:
        settings["answer"] = change["answer"]
    assert refused(tmp_path, settings).startswith(sentence)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"recipe": "serverless", "answer": {"provider": "deepseek"}},
            "recipe is 'serverless', which searches a collection, but search.kind is another; set search.kind to "
            "serverless, or set the recipe of your model, and add assistant.",
        ),
        (
            {"assistant": {"sign_in": "iam"}},
            "assistant: page is true, but sign_in is 'iam', and a browser has no IAM identity that signs requests; "
            "set page to false, or sign_in to cognito.",
        ),
        (
            {"assistant": {"sign_in": "none"}},
            "assistant.sign_in is 'none', but can be 'cognito', 'iam', 'api-key' or 'jwt'",
        ),
        (
            {"assistant": {"origins": ["http://help.example.com"]}},
            "assistant.origins.0 is 'http://help.example.com', but must look like https://help.example.com.",
        ),
        (
            {"assistant": {"origins": ["https://help.example.com/"]}},
            "assistant.origins.0 is 'https://help.example.com/', but must look like https://help.example.com.",
        ),
        (
            {"assistant": {"feedback": {}, "streaming": False}},
            "assistant.feedback is set, but the engine's pipeline answers and keeps the turns in the engine's memory, "
            "where nobody can rate them; set assistant.streaming to true, or leave assistant.feedback out",
        ),
        (
            {"alarms": {"topic": "team@example.com", "usd_per_day": 20}, "assistant": {}},
            "alarms.usd_per_day is set, but 'deepseek-flash' has no price in settings/price_list.py; leave it out, and "
            "limit the account at the model's provider.",
        ),
        (
            {"assistant": {"sharing": {}, "streaming": False}},
            "assistant.sharing is set, but the engine's pipeline answers and keeps the turns in the engine's memory, "
            "where nobody can share them; set assistant.streaming to true, or leave assistant.sharing out",
        ),
        (
            {"assistant": {"sharing": {}, "sign_in": "api-key"}},
            "assistant.sharing is set, but sign_in is 'api-key', and several people may use one key; set sign_in to "
            "cognito, or leave assistant.sharing out",
        ),
        (
            {"assistant": {"cache": {}, "streaming": False}},
            "assistant.cache is set, but the engine's pipeline answers, and its answers are not kept; set "
            "assistant.streaming to true, or leave assistant.cache out.",
        ),
        (
            {"assistant": {"originals": {}}, "index": {"mask": ["email"]}},
            "assistant.originals keeps files as they are, with the personal data that index.mask masks in documents; "
            "leave one of them out",
        ),
        (
            {"assistant": {"conversation_days": 7}},
            "assistant.conversation_days is set, but a domain keeps conversations without a limit; leave it out.",
        ),
        ({"assistant": {"top_k": 51}}, "assistant.top_k is 51, but must be 50 or less; set 50 or less."),
        ({"assistant": {"min_score": -1}}, "assistant.min_score is -1, but must be 0.0 or more; set 0.0 or more."),
        (
            {"assistant": {"throttle": {"rate": 0}}},
            "assistant.throttle.rate is 0, but must be 1 or more; set 1 or more.",
        ),
        ({"assistant": {"body_limit": 1}}, "assistant.body_limit is 1, but must be 10000 or more; set 10000 or more."),
        (
            {"assistant": {"passage_characters": 9000}},
            "assistant.passage_characters is 9000, but must be 8000 or less; set 8000 or less.",
        ),
        (
            {"assistant": {"passage_characters": 4000}, "embedding": {"provider": "cohere", "dimension": 1024}},
            "assistant.passage_characters is 4000, but Cohere takes texts of 2048 characters at most; set 2048 or "
            "less.",
        ),
        ({"assistant": {"log_role": "keep"}}, "assistant.log_role is 'keep', but can be 'create' or 'exist' only"),
        ({"assistant": {"pages": True}}, "assistant.pages is not a setting; the nearest one is assistant.page."),
        (
            {"timeouts": {"answer": 450, "rag": 898, "provisioning": 900}},
            "timeouts.api is 903, but API Gateway ends a response after 900 seconds; set timeouts.api to 900 or less, "
            "and timeouts.answer to 890 or less.",
        ),
    ],
)
def test_what_an_assistant_refuses(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    assert refused(tmp_path, merged(DOMAIN, change)).startswith(sentence)


def test_amazon_takes_no_sign_in_domain_with_its_own_name(tmp_path: Path) -> None:
    assert refused(tmp_path, DOMAIN, "aws-two") == (
        "the environment is called 'aws-two', but Amazon takes no sign-in domain with 'aws' in its name; rename its "
        "file, or set assistant.sign_in to api-key."
    )
    assert loaded(tmp_path, merged(DOMAIN, {"assistant": {"sign_in": "api-key"}}), "aws-two").assistant is not None


USED: dict[str, Any] = {
    **AOSS,
    "region": "us-east-1",
    "search": {
        "kind": "serverless",
        "generation": "classic",
        "collection": {
            "name": "sample-vector-store-dev",
            "arn": "arn:aws:aoss:us-east-1:111122223333:collection/abcdefghij0123456789",
            "endpoint": "https://abcdefghij0123456789.us-east-1.aoss.amazonaws.com",
        },
    },
    "index": {"name": "sample-embeddings-dev", "id_field": "passage_id"},
    "adopted": {"index": "sample-embeddings-dev"},
}


def test_a_collection_of_somebody_else_costs_the_environment_nothing(tmp_path: Path) -> None:
    used, own = loaded(tmp_path, USED), loaded(tmp_path, merged(AOSS, {"search": {"generation": "classic"}}))
    assert used.domain_name == "sample-vector-store-dev"
    assert (used.makes_engine, own.makes_engine) == (False, True)
    assert (idle(used)["search"], idle(own)["search"] > 0) == (0, True)
    assert in_use(used) == sum(idle(used).values()) / HOURS


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"search": {"standby": True}}, "standby is for a new collection, but collection names one that exists"),
        ({"search": {"name": "other"}}, "name is for a new collection, but collection names one that exists"),
        (
            {"search": {"vpc": {**VPC, "collection_endpoint": "vpce-0a1b2c3d"}}},
            "search.vpc.collection_endpoint is for a new collection",
        ),
        ({"region": "eu-west-1"}, "search.collection.arn is in us-east-1, but region is 'eu-west-1'"),
        ({"account": "444455556666"}, "search.collection.arn is of the account 111122223333"),
        ({"index": {"name": "other"}}, "adopted.index is 'sample-embeddings-dev', but index.name is 'other'"),
        ({"adopted": {"answer_pipeline": "rag"}}, "which a collection does not have; leave all of it but index out"),
        ({"adopted": None}, "index.id_field is 'passage_id', which is for an adopted index of a collection"),
        ({"search": {"collection": None}}, "adopted names an index, but the collection is a new one"),
        ({"index": {"id_field": "title"}}, "id_field is 'title', a field the index has already"),
    ],
)
def test_an_adopted_collection_is_refused_in_a_sentence(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    settings = merged(USED, change)
    if change.get("adopted", {}) is None:
        del settings["adopted"]
    if "collection" in change.get("search", {}):
        del settings["search"]["collection"]
    assert sentence in refused(tmp_path, settings)
