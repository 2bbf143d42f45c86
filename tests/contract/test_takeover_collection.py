"""What the tutorial for serverless RAG leaves is shown as a tree and adopted, and the next deploy changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

import boto3
import pytest
from requests_aws4auth import AWS4Auth
from typer.testing import CliRunner

from mlcommons import Client, Collection, HttpTransport, Owner, Patience, apply, kind_named, release
from osml import main
from osml.failure import Failure
from osml.takeover import collection as collections
from osml.takeover import collection_contents, reach
from osml.takeover.collection_contents import NEEDED
from osml.takeover.tree import Node
from osml.takeover.vectors import origin_of_vectors
from rag import documents
from rag.budget import Budget
from rag.caller import OPERATOR
from rag.embedding.titan import Titan
from rag.parts import assembled
from rag.search import Page
from sandbox.cache import cache_directory
from sandbox.instance import Instance
from sandbox.models.embedding import MiniLM
from sandbox.models.weights import weights_directory
from settings import Environment, load
from settings.embedding.titan import TitanEmbedding
from settings.index import IndexNames
from settings.runtime_settings import RuntimeTimeouts
from tests.contract import assistant_engine, taken_stack
from tests.contract.assistant_engine import MINILM, SECONDS, Models, Shop
from tests.contract.cloud_process import Cloud, running
from tests.contract.front_engine import EngineAddress
from tests.contract.kinds_engine import WHOLE_TEST
from tests.contract.serverless_tutorial import (
    API,
    COLLECTION,
    ENDPOINT,
    FUNCTION,
    INDEX,
    PAGE,
    Tutorial,
    deploy,
    person,
)
from tests.contract.taken_stack import Templates
from tests.contract.test_collections_cloud import REAL
from tests.unit.assistant_models import hold_endpoint
from tests.waiting import until

pytestmark = pytest.mark.collection
models, synthesize = assistant_engine.models, taken_stack.synthesize

NAME, STACK = "taken", "osml-taken-knowledge"
MOON = "Chandrayaan-3 demonstrates safe landing and roving on the lunar surface."
HEART = "A healthy heart needs movement, sleep and vegetables."
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
INDEX_VERBS = ("Create", "Delete", "Describe", "Update")
WRITES = ("aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, contract_engine: EngineAddress) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("aoss")
    with running(
        folder,
        REAL,
        engine_url=contract_engine.url,
        ca=contract_engine.ca,
        admin_cert=contract_engine.admin_cert,
        admin_key=contract_engine.admin_key,
        domain_ports=Instance("aoss", folder).ports().domains,
        existing_endpoints={ENDPOINT: {"model": "llama"}},
    ) as process:
        yield process


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM(weights_directory(cache_directory()))


@pytest.fixture(scope="module")
def tutorial(cloud: Cloud, minilm: MiniLM) -> Iterator[Tutorial]:
    """The tutorial as it is written, with two documents, and the environment variables of the person who imports it."""
    made = deploy(cloud)
    for text in (MOON, HEART):
        made.index_document(text, vector(minilm, text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", cloud.gateway)
        for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            patch.setenv(name, cloud.bundle)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="us-east-1"))
        yield made
    made.clean()


@pytest.fixture(scope="module")
def importer(cloud: Cloud, tutorial: Tutorial) -> str:
    """The role of a person whom a data access policy admits."""
    return person(cloud, COLLECTION, *NEEDED)


def vector(minilm: MiniLM, text: str) -> list[float]:
    [made] = minilm.embed([text])
    return [float(number) for number in made]


def shape(nodes: tuple[Node, ...]) -> dict[str, object]:
    return {f"{node.kind} {node.name}": shape(node.uses) for node in nodes}


def signature(role: str) -> AWS4Auth:
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="trial")["Credentials"]
    return AWS4Auth(
        keys["AccessKeyId"], keys["SecretAccessKey"], "us-east-1", "aoss", session_token=keys["SessionToken"]
    )


def client_of(cloud: Cloud, tutorial: Tutorial, role: str) -> Client:
    """A client of a provisioner with this role."""
    transport = HttpTransport(tutorial.endpoint, auth=signature(role), verify=cloud.bundle)
    collection = Collection("of the test", role, 0.0)
    return Client(transport, Patience(seconds=WHOLE_TEST, propagation=0.0), collection=collection)


def contained(small: Any, large: Any) -> bool:
    """Whether `large` contains everything in `small`, with the same values."""
    if isinstance(small, dict) and isinstance(large, dict):
        return all(name in large and contained(value, large[name]) for name, value in small.items())
    return bool(small == large)


def test_the_tree_shows_who_uses_the_collection(cloud: Cloud, tutorial: Tutorial, importer: str) -> None:
    aoss = cloud.client("opensearchserverless")
    rule = {"ResourceType": "index", "Resource": [f"index/{COLLECTION}/*"], "Permission": ["aoss:ReadDocument"]}
    gone = {"Rules": [rule], "Principal": ["arn:aws:iam::000000000000:role/gone"]}
    aoss.create_access_policy(name="leftover", type="data", policy=json.dumps([gone]))
    try:
        there = reach.described_collection(COLLECTION)
        client = reach.collection_client(there, importer)

        def states() -> list[str]:
            return [node.state for node in collections.seen(client, there).tree.roots[0].everything]

        # A search counts the documents after the collection's refresh.
        until("the refresh", states, lambda shown: "2 documents, vectors of 384 numbers" in shown)
        seen = collections.seen(client, there)
    finally:
        aoss.delete_access_policy(name="leftover", type="data")
    index: dict[str, object] = {f"index {INDEX}": {}}
    assert shape(seen.tree.roots) == {
        f"REST API {API}": {
            f"function {FUNCTION}": {**index, f"SageMaker endpoint {ENDPOINT}": {}},
            f"function {PAGE}": {},
        },
        "role gone": {},
        f"role {importer.rpartition('/')[2]}": index,
    }
    assert seen.tree.unused == ()
    [broken] = seen.tree.broken
    assert broken.faults == ("The data access policy leftover names it, but it does not exist.",)
    [shown] = [node for node in seen.tree.roots[0].everything if node.kind == "index"]
    assert shown.state == "2 documents, vectors of 384 numbers"
    by_hand, endpoint = seen.notes
    both = " and ".join(f"the function {name}" for name in sorted((FUNCTION, PAGE)))
    assert by_hand.startswith(f"Not taken over: the REST API {API}, {both.replace(' and ', ', ')}. They go on with")
    assert endpoint.startswith(f"Not taken over: the SageMaker endpoint {ENDPOINT}, which is billed by the hour.")


def test_whom_no_data_access_policy_names_is_told_how_to_get_in(cloud: Cloud, tutorial: Tutorial) -> None:
    stranger = person(cloud, COLLECTION)
    there = reach.described_collection(COLLECTION)
    with pytest.raises(Failure) as failure:
        collections.seen(reach.collection_client(there, stranger), there)
    assert f"Name {stranger} in the data access policy of {COLLECTION}" in str(failure.value)
    assert "aws opensearchserverless create-access-policy --type data" in str(failure.value)


def test_the_tutorial_is_taken_over_and_given_back(
    cloud: Cloud,
    tutorial: Tutorial,
    importer: str,
    models: Models,
    minilm: MiniLM,
    synthesize: Callable[[str], Templates],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    provisioner = client_of(cloud, tutorial, person(cloud, COLLECTION, *(f"aoss:{verb}Index" for verb in INDEX_VERBS)))
    before = provisioner.get(f"/{INDEX}")[INDEX]
    command = ["import", NAME, "--collection", COLLECTION, "--dry-run", "--role", importer]
    dry = CliRunner().invoke(main.app, command)
    assert (dry.exit_code, provisioner.get(f"/{INDEX}")[INDEX]) == (0, before), dry.output
    assert f"index {INDEX}: 2 documents, vectors of 384 numbers" in dry.output
    command[command.index("--dry-run")] = "--yes"
    done = CliRunner().invoke(main.app, command)
    assert done.exit_code == 0, done.output

    text = (tmp_path / f"{NAME}.yaml").read_text()
    environment = load(NAME, tmp_path)
    assert (environment.index.name, environment.index.id_field, environment.index.space_type) == (
        INDEX,
        "passage_id",
        "l2",
    )
    assert (environment.embedding.model, environment.embedding.dimension) == (MODEL, 384)
    templates = synthesize(text)
    made = [each["Type"] for template in templates.values() for each in template["Resources"].values()]
    assert not [kind for kind in made if "OpenSearchServerless" in kind and not kind.endswith("AccessPolicy")]
    [(id, resource)] = [
        (id, each) for id, each in templates[STACK]["Resources"].items() if each["Type"].startswith("Custom::Ml")
    ]
    assert (resource["Type"], resource["Properties"]["Adopted"]) == ("Custom::MlIndex", "true")
    spec, owner, kind = json.loads(resource["Properties"]["Spec"]), Owner(STACK, id), kind_named("Index")
    outcome = apply(kind, spec, client=provisioner, owner=owner)
    assert outcome.physical_id == INDEX
    assert not apply(kind, spec, client=provisioner, owner=owner, physical_id=INDEX).changed
    after = provisioner.get(f"/{INDEX}")[INDEX]
    assert contained(before["mappings"], after["mappings"])
    assert before["settings"] == after["settings"]

    shelf = _shelf(tutorial, models, environment, person(cloud, COLLECTION, *WRITES), monkeypatch)
    nearest = shelf.parts.search.nearest(["What lands on the moon?"], None, 2, budget(), OPERATOR)
    assert [source.text for source in nearest.sources] == [MOON, HEART]
    assert shelf.store(("tea", "Green tea is brewed at 80 degrees.", "Tea"), ("tea2", "Black tea boils.")).stored == 2
    tutorial.index_document("Mercury is a planet.", vector(minilm, "Mercury is a planet."))

    def listed() -> set[str]:
        return {document.id for document in shelf.parts.search.listed(Page(100), budget(), OPERATOR).documents}

    def first(question: str) -> str:
        return shelf.parts.search.nearest([question], None, 1, budget(), OPERATOR).sources[0].text

    until("the documents", listed, {"tea", "tea2"}.__eq__)
    [passage] = documents.shown("tea", SECONDS, OPERATOR, shelf.parts).passages
    assert (passage.id, passage.text) == ("tea", "Green tea is brewed at 80 degrees.")
    cited = shelf.parts.search.cited(["tea"], budget(), OPERATOR)
    assert [source.document for source in cited] == ["tea"]
    assert environment.retrieval.hybrid is not None
    for question, best in (("How hot is the water for tea?", "Green tea"), ("Which planets are there?", "Mercury")):
        until(best, partial(first, question), methodcaller("startswith", best))

    release(kind, INDEX, client=provisioner, owner=owner, previous=spec)
    given_back = provisioner.get(f"/{INDEX}")[INDEX]
    assert "osml" not in given_back["mappings"].get("_meta", {})
    assert contained(before["mappings"], given_back["mappings"])
    tutorial.index_document("Venus is a planet.", vector(minilm, "Venus is a planet."))
    assert tutorial.page().status_code == 200


def _shelf(
    tutorial: Tutorial, models: Models, environment: Environment, role: str, monkeypatch: pytest.MonkeyPatch
) -> Shop:
    """The assistant of the environment, with the embedding model that the file names."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", models.sagemaker_url)
    hold_endpoint(monkeypatch, json.loads(MINILM))
    settings = assistant_engine.settings_of(
        environment.index.name,
        retrieval=environment.retrieval,
        search={"endpoint": tutorial.endpoint, "region": "us-east-1", "service": "aoss"},
        index={name: getattr(environment.index, name) for name in IndexNames.model_fields},
        conversations={"kind": "table", "table": "none", "callers": "none", "days": 1},
        embedding={"provider": "sagemaker", "endpoint": "minilm", "shape": "array", "dimension": 384},
        answer={"provider": "deepseek", "secret": {"name": "chat", "key": "key"}},
    )
    return Shop(assembled(settings, signature(role)), models.chat, models.server)


def budget() -> Budget:
    return Budget(SECONDS)


def test_the_model_of_vectors_is_told_by_a_call_where_it_is_on_bedrock(
    cloud: Cloud, tutorial: Tutorial, importer: str, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", models.url + "/_aws/bedrock-runtime.us-east-1.amazonaws.com")
    chosen = TitanEmbedding(dimension=256, region="us-east-1")
    [titan] = Titan(chosen, RuntimeTimeouts()).of_question(MOON, budget())
    field = {"type": "knn_vector", "dimension": 256}
    mappings = {"properties": {"text": {"type": "text"}, "embedding": field}}
    write = client_of(cloud, tutorial, person(cloud, COLLECTION, "aoss:*"))
    there = reach.described_collection(COLLECTION)
    said = {}
    for name, stored in (("titans", titan), ("others", titan[::-1])):
        write.put(f"/{name}", {"settings": {"index.knn": True}, "mappings": mappings})
        write.post(f"/{name}/_doc", {"text": MOON, "embedding": stored})
        client = reach.collection_client(there, importer)
        until("the document", partial(write.get, f"/{name}/_count"), lambda answer: answer["count"])
        _, holdings = collection_contents.read(client, there)
        origin = origin_of_vectors(256, there.region, holdings[name], "text", "embedding")
        assert origin is not None
        said[name] = (origin.certain, origin.note)
        write.delete(f"/{name}")
    model = "amazon.titan-embed-text-v2:0"
    assert said["titans"] == (True, f"{model} made the vectors: it makes the same one of a document's text.")
    assert said["others"][0] is False
    assert said["others"][1].startswith(f"{model} did not make the vectors")
