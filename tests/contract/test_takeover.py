"""What tutorials leave in a domain is shown as a tree and adopted; the next deploy creates none of it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcommons import Owner, apply, kind_named, release
from osml import main
from osml.failure import Failure
from osml.init.draft import checked
from osml.takeover import takeover
from osml.takeover.choice import Chooser
from osml.takeover.contents import owner_of, read
from osml.takeover.draft import draft
from osml.takeover.plan import index_version
from osml.takeover.tree import tree
from settings import load
from tests.contract import taken_stack, takeover_domain
from tests.contract.front_domain import Trial
from tests.contract.left_by_tools import console_template, notebook, terraform, uploaded_model
from tests.contract.left_contents import annotate, counted, described, own, settled, texts
from tests.contract.taken_stack import NAME, SECRETS, STACK, THERE, Templates, deployed, given_back, taken_over
from tests.contract.takeover_domain import KEY
from tests.contract.tutorial_trees import CHATS, DIMENSIONS, EMBEDS, PROVIDERS, TREES, UNUSED, model_with, shape
from tests.contract.tutorials import (
    TUTORIALS,
    Hand,
    connector_helper,
    deepseek_chat,
    deepseek_chat_connector,
    semantic_search,
)
from tests.waiting import until

domain, hand, synthesize = takeover_domain.domain, takeover_domain.hand, taken_stack.synthesize

LEFT: dict[str, Callable[[Hand], None]] = {**TUTORIALS, "notebook": notebook, "terraform": terraform}


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
    (connector_helper, "answer", model_with("DeepSeek Chat model", "DeepSeek Chat", "DeepSeek Chat model")),
    (console_template, "embedding", model_with(f"{EMBEDS} model", f"{EMBEDS} connector", f"{EMBEDS} model")),
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
