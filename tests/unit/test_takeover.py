"""What a connector reveals about its model, what no setting expresses, and that no key is shown."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from mlcommons import Client, MockTransport, Owner, Request, Response
from osml.failure import Failure
from osml.takeover import reach
from osml.takeover.choice import Chooser, problems
from osml.takeover.contents import Contents
from osml.takeover.draft import AdoptedDomain, alias_for, draft
from osml.takeover.marking import mark
from osml.takeover.plan import Adoption
from osml.takeover.provider import Recognised, Unrecognised, recognise
from osml.takeover.tree import tree

KEY = "sk-0123456789abcdef0123456789"
RUNTIME, BEDROCK = (
    "https://runtime.sagemaker.eu-west-1.amazonaws.com",
    "https://bedrock-runtime.us-east-1.amazonaws.com",
)
THERE = AdoptedDomain("https://search-team.us-east-1.es.amazonaws.com", "arn:aws:es:us-east-1:111122223333:domain/team")
ID, GROUP, CONNECTOR = "modelmodelmodelmodel", "groupgroupgroupgroup", "connectorconnectorco"
CHAT = '{"model": "${parameters.model}", "messages": ${parameters.messages}}'
TITAN = '{"inputText": "${parameters.inputText}", "dimensions": 512, "normalize": false}'


def connector(url: str, body: str, headers: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    action = {"action_type": "PREDICT", "method": "POST", "url": url, "request_body": body, "headers": headers or {}}
    return {"name": "theirs", "protocol": "http", "parameters": parameters, "actions": [action]}


ARRAY = connector(f"{RUNTIME}/endpoints/minilm/invocations", "${parameters.input}")


@pytest.mark.parametrize(
    ("body", "group", "settings", "probe"),
    [
        (
            ARRAY,
            "embedding",
            {"provider": "sagemaker", "endpoint": "minilm", "region": "eu-west-1", "shape": "array"},
            {"input": ["ready"]},
        ),
        (
            connector(f"{RUNTIME}/endpoints/tei/invocations", '{ "inputs": ${parameters.input} }'),
            "embedding",
            {"provider": "sagemaker", "endpoint": "tei", "shape": "inputs"},
            {"input": ["ready"]},
        ),
        (
            connector(f"{BEDROCK}/model/amazon.titan-embed-text-v2:0/invoke", TITAN),
            "embedding",
            {"provider": "titan", "model": "amazon.titan-embed-text-v2:0", "region": "us-east-1", "normalize": False},
            {"inputText": "ready"},
        ),
        (
            connector(f"{BEDROCK}/model/cohere.embed-english-v3/invoke", '{"texts": ${parameters.texts}}'),
            "embedding",
            {"provider": "cohere", "model": "cohere.embed-english-v3"},
            {"texts": ["ready"]},
        ),
        (
            connector("https://api.openai.com/v1/embeddings", '{"input": ${parameters.input}}', model="ada"),
            "embedding",
            {"provider": "openai", "host": "api.openai.com", "path": "/v1/embeddings", "model": "ada"},
            {"input": ["ready"]},
        ),
        (
            connector(
                "https://${parameters.endpoint}/v1/chat/completions",
                CHAT,
                {"Authorization": "Bearer ${credential.secretArn.my_key}"},
                endpoint="api.deepseek.com",
                model="deepseek-chat",
            ),
            "answer",
            {"provider": "deepseek", "model": "deepseek-chat", "secret": {"name": "osml/x", "key": "my_key"}},
            {"messages": [{"role": "user", "content": "Answer with the one word ready."}]},
        ),
        (
            connector(
                "${parameters.base}/v1/chat/completions",
                CHAT,
                base="https://llm.example.com",
                model="m",
                temperature="0.5",
            ),
            "answer",
            {"provider": "openai", "endpoint": "llm.example.com", "model": "m", "temperature": 0.5},
            {"messages": [{"role": "user", "content": "Answer with the one word ready."}]},
        ),
        (
            connector(f"{BEDROCK}/model/us.amazon.nova-lite-v1:0/converse", '{"messages": ${parameters.messages}}'),
            "answer",
            {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0"},
            {"messages": [{"role": "user", "content": [{"text": "Answer with the one word ready."}]}]},
        ),
    ],
    ids=["array", "inputs", "titan", "cohere", "openai-embeddings", "deepseek", "openai-chat", "converse"],
)
def test_a_connector_tells_its_provider(
    body: dict[str, Any], group: str, settings: dict[str, Any], probe: dict[str, Any]
) -> None:
    seen = recognise(body, "osml/x")
    assert isinstance(seen, Recognised)
    assert seen.group == group
    assert settings.items() <= seen.settings.items()
    assert seen.probe == {"parameters": probe}
    assert not seen.holds_key


@pytest.mark.parametrize(
    "body",
    [
        connector("https://api.cohere.ai/v1/embed", '{"texts": ${parameters.texts}}'),
        connector(f"{RUNTIME}/endpoints/other/invocations", '{"question": "${parameters.question}"}'),
        {"name": "theirs", "actions": []},
    ],
    ids=["provider", "body", "action"],
)
def test_a_connector_of_no_known_provider_is_none(body: dict[str, Any]) -> None:
    seen = recognise(body, "osml/x")
    assert isinstance(seen, Unrecognised)
    assert seen.reason


@pytest.mark.parametrize(
    "body",
    [
        connector("https://api.openai.com/v1/chat/completions", CHAT, {"Authorization": f"Bearer {KEY}"}, model="m"),
        connector("https://api.openai.com/v1/chat/completions", CHAT, {"api-key": "short"}, model="m"),
        connector("https://api.openai.com/v1/chat/completions", CHAT, model="m", api_key=KEY),
        connector(f"https://{KEY}.example.com/v1/other", CHAT, model="m"),
        connector(f"https://llm.example.com/v1/other?key={KEY}", CHAT, model="m"),
    ],
    ids=["header", "short", "parameter", "host", "query"],
)
def test_a_key_in_a_connector_is_named_and_never_shown(body: dict[str, Any]) -> None:
    there = contents(body, rag=True)
    choice = None
    try:
        choice = chooser(there).choose()
        said = draft(there, choice, THERE, "passages") + " ".join(problems(there, choice))
        assert "The connector theirs contains a key" in said
    except Failure as failure:
        said = str(failure)
    shown = tree(there)
    assert "It contains a key" in json.dumps(shown.json())
    assert KEY not in said + json.dumps(shown.json()) + repr(shown) + repr(choice and choice.answer)


def contents(body: dict[str, Any], rag: bool = False, **changes: Any) -> Contents:
    """A domain with this connector: an index that a SageMaker endpoint embeds, or a pipeline that answers."""
    fields: dict[str, Any] = {"vector": {"type": "knn_vector", "dimension": 2}, "text": {"type": "text"}}
    settings = {"default_pipeline": "embeds", "number_of_shards": "1", "number_of_replicas": "0"}
    embeds = {"processors": [{"text_embedding": {"model_id": ID, "field_map": {"text": "vector"}}}]}
    answers = {
        "response_processors": [{"retrieval_augmented_generation": {"model_id": ID, "context_field_list": ["text"]}}]
    }
    parts: dict[str, Any] = {
        "version": "3.5.0",
        "indexes": {} if rag else {"mine": {"settings": {"index": settings}, "mappings": {"properties": fields}}},
        "ingest_pipelines": {} if rag else {"embeds": embeds},
        "search_pipelines": {"answers": answers} if rag else {},
        "models": {ID: {"name": "m", "model_group_id": GROUP, "connector_id": CONNECTOR, "model_state": "DEPLOYED"}},
        "groups": {GROUP: {"name": "g"}},
        "connectors": {CONNECTOR: body},
        "agents": {},
    }
    return Contents(**{**parts, **changes})


def test_a_pipeline_leads_to_its_agent_and_the_agent_to_its_model() -> None:
    asks = {"request_processors": [{"agentic_query_translator": {"agent_id": "plans"}}]}
    agents = {"plans": {"name": "plans", "tools": [{"type": "QueryPlanningTool", "parameters": {"model_id": ID}}]}}
    there = contents(ARRAY, rag=True, search_pipelines={"asks": asks}, agents=agents)
    [root] = tree(there).roots
    assert [(node.kind, node.id) for node in root.everything][:3] == [
        ("search pipeline", "asks"),
        ("agent", "plans"),
        ("model", ID),
    ]
    [broken] = tree(contents(ARRAY, rag=True, search_pipelines={"asks": asks})).roots
    assert broken.faults == ("It names the agent plans, which does not exist.",)


def test_a_mark_is_written_when_a_deploy_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 3.3, a search shows a mark up to a second late, and a deploy that does not find it makes a new object."""
    monkeypatch.setattr("osml.takeover.marking.PAUSE", 0.0)
    owner, text, searches = Owner("osml-new-knowledge", "Group"), "", 0

    def respond(request: Request) -> Response:
        nonlocal text, searches
        if request.method == "PUT":
            text = request.body["description"]
        elif request.path == "/":
            return Response(200, {"version": {"number": "2.19.1"}})
        elif request.path.endswith("_search"):
            searches += 1
            hit = {"_id": GROUP, "_source": {"name": "chat", "description": text}}
            return Response(200, {"hits": {"hits": [hit] if searches > shown_after else []}})
        return Response(200, {"name": "chat", "description": text})

    adoption = Adoption("ModelGroup", GROUP, owner, {"name": "chat"}, ())
    client = Client(MockTransport(respond))
    shown_after = 2
    mark(client, adoption, "text")
    assert searches == 3
    shown_after, searches = 10_000, 0
    with pytest.raises(Failure, match="does not show the mark"):
        mark(client, adoption, "text")


def chooser(there: Contents) -> Chooser:
    return Chooser(there, "osml-new-knowledge", {"embedding": "osml/new/embedding", "answer": "osml/new/answer"})


def test_an_index_is_chosen_with_what_it_uses() -> None:
    choice = chooser(contents(ARRAY)).choose()
    assert (choice.index, choice.ingest_pipeline, choice.text_field, choice.embedding_field) == (
        "mine",
        "embeds",
        "text",
        "vector",
    )
    assert choice.embedding
    assert (choice.embedding.model, choice.embedding.group, choice.embedding.connector) == (ID, GROUP, CONNECTOR)


def _index(**changes: Any) -> dict[str, Any]:
    body = contents(ARRAY).indexes["mine"]
    return {"mine": {**body, **changes}}


def _fields(**more: Any) -> dict[str, Any]:
    return {"properties": {**contents(ARRAY).indexes["mine"]["mappings"]["properties"], **more}}


STEP = {"text_embedding": {"model_id": ID, "field_map": {"text": "vector"}}}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ingest_pipelines": {}}, "it has no ingest pipeline that embeds its text"),
        (
            {"ingest_pipelines": {"embeds": {"processors": [{"set": {}}, STEP]}}},
            "has the processors set, text_embedding",
        ),
        ({"models": {}}, f"its model {ID} does not exist"),
        ({"groups": {}}, f"its model {ID} has no model group"),
        ({"connectors": {}}, f"its model {ID} has no connector"),
        ({"indexes": _index(mappings=_fields(document={"type": "long"}))}, "its field document is of the type long"),
        ({"indexes": _index(mappings=_fields(osml={"type": "keyword"}))}, "its field osml is of the type keyword"),
        (
            {"indexes": _index(mappings={**_fields(), "_meta": {"osml": "(osml:osml-dev-knowledge/Index1)"}})},
            "it belongs to the stack osml-dev-knowledge",
        ),
    ],
)
def test_what_no_setting_expresses_is_left_alone_and_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Failure) as failure:
        chooser(contents(ARRAY, **changes)).choose(index="mine")
    assert reason in str(failure.value)


def test_one_of_several_is_named_by_a_person() -> None:
    two = {"mine": contents(ARRAY).indexes["mine"], "other": contents(ARRAY).indexes["mine"]}
    there = contents(ARRAY, indexes=two)
    with pytest.raises(Failure, match=r"more than one index: mine, other\. Choose with --index NAME\.$"):
        chooser(there).choose()
    assert chooser(there).choose(index="other").index == "other"
    with pytest.raises(Failure, match=r"^The domain has no index none\. It has mine, other\.$"):
        chooser(there).choose(index="none")


def test_an_empty_domain_has_nothing_to_adopt() -> None:
    there = contents(ARRAY, indexes={}, models={}, groups={}, connectors={}, ingest_pipelines={})
    with pytest.raises(Failure, match="has nothing that an environment can adopt"):
        chooser(there).choose()
    assert tree(there).json() == {"roots": [], "unused": []}


@pytest.mark.parametrize(
    ("taken", "index", "alias"),
    [((), "mine", "passages"), (("passages",), "passages", "passages-1"), (("passages",), "9My.Docs", "my-docs-1")],
)
def test_the_alias_is_free_and_allowed(taken: tuple[str, ...], index: str, alias: str) -> None:
    body = contents(ARRAY).indexes["mine"]
    assert alias_for(contents(ARRAY, indexes=dict.fromkeys(taken, body)), index) == alias


def test_the_tree_names_what_is_missing() -> None:
    there = contents(ARRAY, groups={}, connectors={})
    faults = [fault for node in tree(there, {ID: "no such endpoint"}).broken for fault in node.faults]
    assert faults == [
        f"It names the model group {GROUP}, which does not exist.",
        f"It names the connector {CONNECTOR}, which does not exist.",
        "It does not answer: no such endpoint",
    ]


@pytest.mark.parametrize(
    ("name", "code"), [("nobodys", "ResourceNotFoundException"), ("Not a name", "ValidationException"), ("x", None)]
)
def test_a_domain_that_does_not_exist_is_no_case_for_the_doctor(
    name: str, code: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = boto3.client("opensearch", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(boto3, "client", lambda _: client)
    answers = Stubber(client)
    # A name that is too short fails before the request.
    if code:
        answers.add_client_error("describe_domain", code, f"Domain not found: {name}")
        answers.activate()
    with pytest.raises(Failure) as failed:
        reach.described(name, None)
    assert str(failed.value) == f"This account and region have no domain {name}. Check the name and AWS_REGION."
