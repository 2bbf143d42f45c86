"""What tutorials leave in a domain is shown as a tree and adopted; the next deploy creates none of it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mlcommons import Client, Owner, ProvisioningOutcome, apply, kind_named, release
from osml import main
from osml.failure import Failure
from osml.init.draft import checked
from osml.takeover import takeover
from osml.takeover.choice import Choice, Chooser
from osml.takeover.contents import Contents, owner_of, read
from osml.takeover.draft import AdoptedDomain, alias_for, draft
from osml.takeover.marking import mark
from osml.takeover.plan import Plan, index_version, plan
from osml.takeover.tree import Node, tree
from settings import load
from tests.contract import takeover_domain
from tests.contract.front_domain import ARN, Trial
from tests.contract.left_by_tools import console_template, notebook, terraform, uploaded_model
from tests.contract.takeover_domain import KEY
from tests.contract.tutorials import (
    TUTORIALS,
    Hand,
    connector_helper,
    deepseek_chat,
    deepseek_chat_connector,
    semantic_search,
)
from tests.waiting import until

domain, hand = takeover_domain.domain, takeover_domain.hand

ROOT = Path(__file__).resolve().parents[2]
NAME, STACK = "taken", "osml-taken-knowledge"
SECRETS = {"embedding": "osml/taken/embedding", "answer": "osml/taken/answer"}
THERE = AdoptedDomain("https://search-contract-abc123.us-east-1.es.amazonaws.com", ARN)
EMBEDS, CHATS = "Sagemaker embedding", "my-conversation-search-pipeline-deepseek"
# A deploy makes objects of these kinds for the environment's roles; these tests are not about them.
ACCESS = ("Custom::MlRole", "Custom::MlRoleMapping", "Custom::MlTrustedEndpoints")
# Fields of a model that ml-commons writes again every ten seconds.
ENGINES = (
    *("model_state", "last_updated_time", "current_worker_node_count", "planning_worker_node_count"),
    *("planning_worker_nodes", "auto_redeploy_retry_times"),
)
# Looks that show the same before the contents count as settled; they take more than a second.
LOOKS = 12
LEFT: dict[str, Callable[[Hand], None]] = {**TUTORIALS, "notebook": notebook, "terraform": terraform}
Templates = dict[str, dict[str, Any]]


def _model(model: str, connector: str, group: str | None = None) -> dict[str, object]:
    return {f"model {model}": {f"model group {group or f'{model} group'}": {}, f"connector {connector}": {}}}


EMBEDDING = _model(f"{EMBEDS} model", f"{EMBEDS} connector")
NEURAL = {"index my-nlp-index": {"ingest pipeline nlp-ingest-pipeline": EMBEDDING}}
R1 = "DeepSeek R1 model connector"
FLOW: dict[str, object] = {
    "model Bedrock embedding model": {
        "model group Bedrock embedding model": {},
        "connector Amazon Bedrock Connector: embedding": {},
    }
}
SAGEMAKER_R1 = "DeepSeek R1 Model on SageMaker"
TITAN_V2 = "Bedrock Titan Embedding Model V2"
TREES: dict[str, dict[str, object]] = {
    "semantic-search": {"index my_index": {"ingest pipeline my_sagemaker_embedding_pipeline": EMBEDDING}},
    "deepseek-sagemaker": {**NEURAL, f"search pipeline {CHATS}": _model("Sagemaker DeepSeek R1 model", R1)},
    "deepseek-bedrock": {**NEURAL, f"search pipeline {CHATS}": _model("Bedrock DeepSeek R1 model", R1)},
    "deepseek-api": {**NEURAL, f"search pipeline {CHATS}-chat": _model("DeepSeek Chat model", "DeepSeek Chat")},
    "notebook": {
        "index population_data": {
            "ingest pipeline text-embedding-ingest-pipeline": _model(
                TITAN_V2, "Amazon Bedrock Connector: titan embedding v2", TITAN_V2
            )
        },
        "search pipeline rag-pipeline-deepseek": _model(SAGEMAKER_R1, R1, SAGEMAKER_R1),
    },
    "terraform": {
        "index terraform-index": {
            "ingest pipeline terraform-test": _model("third_party_with_optional", "with_pre_post_processing", "minimal")
        }
    },
    "flow-framework": {
        "index my-flow-index": {"ingest pipeline nlp-flow-pipeline": FLOW, "search pipeline flow-query-pipeline": FLOW}
    },
}
UNUSED: dict[str, dict[str, object]] = {
    "notebook": {
        **_model("DeepSeek Chat Model", "DeepSeek Chat", "DeepSeek Chat Model"),
        **_model("DeepSeek R1 Model on Bedrock", R1, "DeepSeek R1 Model on Bedrock"),
    }
}
DIMENSIONS = {"flow-framework": 1536, "notebook": 1024, "terraform": 1024}
PROVIDERS = {
    "semantic-search": None,
    "terraform": None,
    "notebook": {"provider": "sagemaker", "endpoint": "chat-r1", "max_tokens": 512, "top_p": 0.9},
    "flow-framework": None,
    "deepseek-sagemaker": {"provider": "sagemaker", "endpoint": "chat-r1", "max_tokens": 512, "top_p": 0.9},
    "deepseek-bedrock": {
        "provider": "bedrock",
        "model": "arn:aws:bedrock:us-east-1:000000000000:imported-model/abcdef123456",
    },
    "deepseek-api": {"provider": "deepseek", "model": "deepseek-chat"},
}


def shape(nodes: tuple[Node, ...]) -> dict[str, object]:
    return {f"{node.kind} {node.name}": shape(node.uses) for node in nodes}


@pytest.fixture(scope="module")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Templates]:
    """Synthesizes the templates of the environment that a text describes, in this process, which takes a second."""
    from aws_cdk import App

    from app import build

    flags = json.loads((ROOT / "cdk.json").read_text())["context"]

    def run(text: str) -> Templates:
        folder = tmp_path_factory.mktemp("taken")
        (folder / f"{NAME}.yaml").write_text(text)
        app = App(outdir=str(folder / "out"), context={**flags, "env": NAME, "aws:cdk:bundling-stacks": []})
        build(app, folder)
        app.synth()
        files = (folder / "out").glob("*.template.json")
        return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}

    return run


def counted(contents: Contents) -> dict[str, int]:
    kinds = ("indexes", "ingest_pipelines", "search_pipelines", "models", "groups", "connectors")
    return {kind: len(getattr(contents, kind)) for kind in kinds}


def texts(left: Contents) -> str:
    """All texts that could contain a mark."""
    return json.dumps([left.models, left.groups, left.ingest_pipelines, left.search_pipelines])


def described(left: Contents) -> dict[str, Any]:
    """What people read about each object: its description, or the `_meta` of an index."""
    kinds = {kind: getattr(left, kind) for kind in ("models", "groups", "ingest_pipelines", "search_pipelines")}
    shown = {f"{kind} {id}": body.get("description") or "" for kind, each in kinds.items() for id, body in each.items()}
    notes = {f"index {name}": body["mappings"].get("_meta", {}) for name, body in left.indexes.items()}
    return shown | notes


def annotate(client: Client, left: Contents) -> None:
    """Describe every other object and the indexes, as a team does that shares a domain. The others have no text."""
    for kind, objects in {"models": left.models, "model_groups": left.groups}.items():
        for id in list(objects)[::2]:
            client.put(f"/_plugins/_ml/{kind}/{id}", {"description": "Asked by (travel), since 2024: see wiki/models"})
    for name in list(left.ingest_pipelines):
        client.put(f"/_ingest/pipeline/{name}", left.ingest_pipelines[name] | {"description": "Ours – don't touch"})
    for name in left.indexes:
        client.put(f"/{name}/_mapping", {"_meta": {"team": "travel", "page": 7}})


def own(contents: Contents) -> Contents:
    """The contents without what the engine itself writes about models every ten seconds."""
    models = {
        id: {name: value for name, value in body.items() if name not in ENGINES} for id, body in contents.models.items()
    }
    return replace(contents, models=models)


def settled(client: Client) -> Contents:
    """The contents when nothing is broken any more, and several looks in a row show the same.

    Before 3.3 the search for models is up to a second behind, so it shows models that are already deleted.
    """
    looks: list[Contents] = []

    def look() -> Contents:
        looks.append(read(client))
        return looks[-1]

    def stays(contents: Contents) -> bool:
        return not tree(contents).broken and [own(seen) for seen in looks[-LOOKS:]] == [own(contents)] * LOOKS

    return until("contents that stay the same", look, stays)


def taken_over(client: Client, synthesize: Callable[[str], Templates]) -> tuple[Choice, Plan, Templates]:
    """Import as the command does, and write the marks."""
    contents = read(client)
    choice = Chooser(contents, STACK, SECRETS).choose()
    alias = alias_for(contents, choice.index)
    templates = synthesize(draft(contents, choice, THERE, alias))
    planned = plan(client, contents, choice, templates)
    for adoption in planned.adoptions:
        mark(client, adoption, choice.text_field)
    return choice, planned, templates


def deployed(client: Client, templates: Templates) -> dict[str, tuple[ProvisioningOutcome, dict[str, Any]]]:
    """Apply each object of the stack as the provisioner does, in the order of their references."""
    done: dict[str, tuple[ProvisioningOutcome, dict[str, Any]]] = {}

    def text(part: Any) -> str:
        if isinstance(part, str):
            return part
        return applied(part["Fn::GetAtt"][0]).physical_id

    def applied(id: str) -> ProvisioningOutcome:
        if id not in done:
            resource = templates[STACK]["Resources"][id]
            written = resource["Properties"]["Spec"]
            spec = json.loads(written if isinstance(written, str) else "".join(map(text, written["Fn::Join"][1])))
            kind = kind_named(resource["Type"])
            done[id] = apply(kind, spec, client=client, owner=Owner(STACK, id)), spec
        return done[id][0]

    for id, resource in templates[STACK]["Resources"].items():
        if resource["Type"].startswith("Custom::Ml") and resource["Type"] not in ACCESS:
            applied(id)
    return done


def given_back(
    client: Client, templates: Templates, done: dict[str, tuple[ProvisioningOutcome, dict[str, Any]]]
) -> None:
    """Give the objects back, as the provisioner does when the stack is deleted, or its first deploy is rolled back."""
    from mlcommons import destroy

    for id in reversed(done):
        outcome, spec = done[id]
        resource = templates[STACK]["Resources"][id]
        end = release if resource["Properties"].get("Adopted") else destroy
        end(kind_named(resource["Type"]), outcome.physical_id, client=client, owner=Owner(STACK, id), previous=spec)


@pytest.mark.parametrize("tutorial", LEFT)
def test_a_tutorial_is_taken_over_and_given_back(
    domain: Trial, hand: Hand, synthesize: Callable[[str], Templates], tutorial: str
) -> None:
    LEFT[tutorial](hand)
    client = hand.client
    annotate(client, settled(client))
    before = settled(client)
    seen = tree(before)
    assert shape(seen.roots) == TREES[tutorial]
    assert (shape(seen.unused), seen.broken) == (UNUSED.get(tutorial, {}), [])
    choice, planned, templates = taken_over(client, synthesize)
    environment = checked(NAME, draft(before, choice, THERE, "passages"))
    assert environment.embedding.dimension == DIMENSIONS.get(tutorial, 2)
    wanted = PROVIDERS[tutorial]
    if wanted is None:
        assert environment.answer is None
    else:
        assert environment.answer is not None
        assert wanted.items() <= environment.answer.model_dump().items()
    assert choice.left == ()
    for made in planned.made:  # register for the removal, which also runs after a failure
        if made.startswith("SearchPipeline "):
            hand.made[f"search pipeline {made}"] = made.split()[1]
    done = deployed(client, templates)
    after = read(client)
    new = [made.split()[0] for made in planned.made if not made.startswith(("Role", "Trusted"))]
    # The search pipeline that sets the model of questions is new, unless the tutorial made one; then its name is kept.
    assert new == (["Alias"] if choice.search_pipeline else ["Alias", "SearchPipeline"])
    grown = len(before.search_pipelines) + len(new) - 1
    assert counted(after) == counted(before) | {"search_pipelines": grown}
    named = {adoption.owner.logical_id: bool(adoption.changes) for adoption in planned.adoptions}
    assert named == {id: done[id][0].changed for id in named}
    assert {adoption.kind for adoption in planned.adoptions if not adoption.changes} == {"Model", "ModelGroup"}
    again = deployed(client, templates)
    assert [outcome.note for outcome, _ in again.values() if outcome.changed] == []
    question = {"query": {"neural": {choice.embedding_field: {"query_text": "hello", "k": 5}}}}
    assert client.post("/passages/_search", question)["hits"]["hits"]
    given_back(client, templates, done)
    # Before 3.3, the search for models and groups shows an update up to a second late.
    left = until("contents without a mark", lambda: read(client), lambda contents: "osml:" not in texts(contents))
    assert counted(left) == counted(before)
    assert described(left) == described(before)
    assert not [body for body in left.indexes.values() if "osml" in body["mappings"].get("_meta", {})]
    query = {
        "query": {
            "neural": {
                choice.embedding_field: {"query_text": "hello", "model_id": hand.made["embedding model"], "k": 5}
            }
        }
    }
    assert client.post(f"/{choice.index}/_search", query)["hits"]["hits"]


def test_another_index_version_takes_the_documents_and_the_old_index_is_given_back(
    hand: Hand, synthesize: Callable[[str], Templates]
) -> None:
    semantic_search(hand)
    client = hand.client
    _, planned, templates = taken_over(client, synthesize)
    hand.made |= {f"search pipeline {made}": made.split()[1] for made in planned.made if "SearchPipeline" in made}
    done = deployed(client, templates)
    (index,) = (id for id in done if done[id][1].get("name") == "my_index")
    (alias,) = (id for id in done if done[id][1].get("index") == "my_index")
    own, before = "passages-11111111", done[alias][1]
    vectors = {"type": "knn_vector", "dimension": 2, "method": {"name": "hnsw", "engine": "lucene"}}
    settings = {"knn": True, "default_pipeline": "my_sagemaker_embedding_pipeline", "number_of_replicas": 0}
    properties = {"text": {"type": "text"}, "text_knn": vectors}
    body = {"settings": {"index": settings}, "mappings": {"dynamic": False, "properties": properties}}
    hand.made["index own"] = own
    apply(kind_named("Index"), {"name": own, "body": body}, client=client, owner=Owner(STACK, "New"))

    def aliased(to: str) -> None:
        spec = {**before, "index": to}
        apply(kind_named("Alias"), spec, client=client, owner=Owner(STACK, alias), physical_id="passages")
        assert list(client.get("/passages")) == [to]
        client.post(f"/{to}/_refresh")
        assert client.get("/passages/_count")["count"] == 1

    aliased(own)
    aliased("my_index")  # as a rollback does
    aliased(own)
    owner = Owner(STACK, index)
    release(kind_named("Index"), "my_index", client=client, owner=owner, previous=done[index][1])
    client.post("/my_index/_doc/2", {"text": "written by its first owner"}, refresh="true")
    written = client.get("/my_index/_doc/2")["_source"]
    assert written["text_knn"] == [0.25, 0.5]
    assert client.get("/my_index")["my_index"]["mappings"].get("_meta", {}) == {}


UPLOADED = "sentence-transformers/all-MiniLM-L6-v2"
ALONE = [
    (connector_helper, "answer", _model("DeepSeek Chat model", "DeepSeek Chat", "DeepSeek Chat model")),
    (console_template, "embedding", _model(f"{EMBEDS} model", f"{EMBEDS} connector", f"{EMBEDS} model")),
]


@pytest.mark.parametrize(("leave", "group", "there"), ALONE)
def test_a_model_alone_is_taken_over(
    hand: Hand,
    synthesize: Callable[[str], Templates],
    leave: Callable[[Hand], None],
    group: str,
    there: dict[str, object],
) -> None:
    """As AIConnectorHelper and the console's template leave it: nothing names the model, and everything else is new."""
    leave(hand)
    client, before = hand.client, settled(hand.client)
    seen = tree(before)
    assert seen.roots == ()
    assert shape(seen.unused) == there
    choice, planned, _ = taken_over(client, synthesize)
    assert (choice.index, [name for name in ("embedding", "answer") if getattr(choice, name)]) == (None, [group])
    assert {adoption.id for adoption in planned.adoptions} == {hand.made[f"{group} model"], hand.made[f"{group} group"]}
    for adoption in planned.adoptions:
        spec = adoption.spec
        outcome = apply(kind_named(adoption.kind), spec, client=client, owner=adoption.owner)
        assert (outcome.physical_id, outcome.changed) == (adoption.id, False)
    assert counted(read(client)) == counted(before)


def test_a_model_that_runs_in_the_engine_is_named_and_left(hand: Hand) -> None:
    model = uploaded_model(hand)
    there = read(hand.client)
    (index,) = tree(there).roots
    assert shape((index,)) == {
        "index local": {"ingest pipeline local-embedding": {f"model {UPLOADED}": {f"model group {UPLOADED}": {}}}}
    }
    (broken,) = tree(there).broken
    assert (broken.id, broken.faults) == (model, ("It is not deployed: its state is REGISTERING.",))
    with pytest.raises(Failure) as failure:
        Chooser(there, STACK, SECRETS).choose()
    assert "The index local is not changed: its model" in str(failure.value)
    assert "has no connector: it runs in the engine, or the connector is gone" in str(failure.value)


def test_what_is_broken_is_named(domain: Trial, hand: Hand) -> None:
    deepseek_chat(hand)
    client = hand.client
    lost = hand.model("lost", "Of no use", deepseek_chat_connector(hand), deploy=False)
    gone = "AAAAAAAAAAAAAAAAAAAA"
    hand.search_pipeline("broken", {"request_processors": [{"neural_query_enricher": {"default_model_id": gone}}]})
    hand.index("orphan", {"settings": {"index.search.default_pipeline": "missing"}})
    key = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    inline = client.get(f"/_plugins/_ml/connectors/{hand.made['answer connector']}")
    action = {**inline["actions"][0], "headers": key}
    body = {"name": "Inline", "protocol": "http", "parameters": inline["parameters"], "actions": [action]}
    hand.connector("inline", body)
    del domain.ledger.endpoints["minilm", "us-east-1"]
    try:
        there, grown = takeover.seen(client)
    finally:
        domain.ledger.endpoints["minilm", "us-east-1"] = {}
    faults = {node.name: " ".join(node.faults) for node in grown.broken}
    assert faults["broken"] == f"It names the model {gone}, which does not exist."
    assert faults["orphan"] == "It names the search pipeline missing, which does not exist."
    assert "It is not deployed: its state is REGISTERED." in faults["Of no use"]
    assert faults["Inline"].startswith("It contains a key")
    assert "(endpoint-not-in-service)" in faults[f"{EMBEDS} model"]
    assert {node.name for node in grown.unused} >= {"Of no use", "Inline"}
    assert lost in there.models
    assert KEY not in json.dumps(grown.json())


def test_the_command_shows_and_writes_only_when_told(
    hand: Hand, synthesize: Callable[[str], Templates], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deepseek_chat(hand)
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("osml.takeover.reach.described", lambda *_: THERE)
    monkeypatch.setattr("osml.takeover.reach.client", lambda *_: hand.client)
    file = tmp_path / f"{NAME}.yaml"
    before = settled(hand.client)
    admin = "arn:aws:iam::000000000000:role/SearchAdmin"
    dry = ["import", NAME, "--domain", "contract", "--admin-role", admin, "--dry-run"]
    shown = CliRunner().invoke(main.app, dry)
    assert (shown.exit_code, file.exists(), own(read(hand.client))) == (0, False, own(before)), shown.output
    assert "index my-nlp-index" in shown.output
    refused = CliRunner().invoke(main.app, ["import", NAME, "--domain", "contract"])
    assert "This command needs a confirmation" in str(refused.exception)
    assert (file.exists(), own(read(hand.client))) == (False, own(before))
    done = CliRunner().invoke(main.app, ["import", NAME, "--domain", "contract", "--yes", "--json"])
    assert done.exit_code == 0, done.output
    environment = load(NAME, tmp_path)
    assert environment.adopted is not None
    # The adopted objects belong to the index version that a deploy of the file computes.
    assert environment.adopted.index_version == index_version(synthesize(file.read_text()))
    assert environment.adopted.model_dump(include={"index", "ingest_pipeline", "answer_pipeline"}) == {
        "index": "my-nlp-index",
        "ingest_pipeline": "nlp-ingest-pipeline",
        "answer_pipeline": f"{CHATS}-chat",
    }
    assert environment.prompt.system == "You are a helpful assistant."
    marks = [owner_of(body) for body in (*read(hand.client).models.values(), *read(hand.client).indexes.values())]
    assert {mark.stack for mark in marks if mark} == {STACK}
    assert None not in marks
    assert KEY not in shown.output + done.output + file.read_text()
    again = CliRunner().invoke(main.app, ["import", NAME, "--domain", "contract", "--yes"])
    assert again.exit_code == 0, again.output
