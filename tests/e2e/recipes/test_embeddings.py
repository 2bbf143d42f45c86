"""Every embedding provider with the recipe semantic-search: deployed, asked, given hostile text, changed, destroyed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from corpus.bulk import CONTENT_TYPE
from osml.ask import asking
from osml.deploy import secret
from osml.failure import Failure
from sandbox import startup
from sandbox.instance import REGION, Instance
from tests.e2e.templates import Deployment

COMPARISON = "What's the population increase of New York City from 2021 to 2023? How is the trend compared with Miami?"
GROWTH = "How fast did Austin grow between 2020 and 2023?"
HOSTILE = (
    'A zeppelin costs "42% off" at C:\\new\\table and {"json": [1, null]} \x01\x1f\x7f line\twith a tab.\r\n'
    "🗽 שלום \u202ertl\u202c \u2028 bar ｜ and $1 ${x} <b> & 'quoted'.\n",
    '"quoted zeppelin"',
    "\\u0041 zeppelin \\",
)
# Text that ml-commons by itself puts into a request body without escaping, and placeholders that it fills in.
JSON = ('{"zeppelin": [1, null]}', '["zeppelin", "dirigible"]')
PLACEHOLDERS = ("${parameters.region} zeppelin ${parameters.inputText} ${parameters.nothing}",)
TEXTS = (*HOSTILE, *JSON, *PLACEHOLDERS)

Settings = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """`change` is merged into the environment after the first answers; then the model endpoints are called at `path`.

    With `anew`, the change makes other vectors, and therefore another index version.
    """

    embedding: Settings
    change: Settings
    provider: str
    path: str
    anew: bool = False


CASES = {
    "minilm": Case(
        {"provider": "sagemaker", "dimension": 384},
        {"index": {"batch_size": 4}},
        "sagemaker",
        "/endpoints/osml-minilm-embedding/invocations",
    ),
    "titan": Case(
        {"provider": "titan", "dimension": 512},
        {"embedding": {"functions": "painless"}},
        "bedrock",
        "/model/amazon.titan-embed-text-v2:0/invoke",
    ),
    "titan-short": Case(
        {"provider": "titan", "dimension": 256, "normalize": False, "functions": "painless", "region": "eu-west-1"},
        {"embedding": {"region": "us-west-2"}},
        "bedrock",
        "/model/amazon.titan-embed-text-v2:0/invoke",
    ),
    "titan-g1": Case(
        {"provider": "titan", "model": "amazon.titan-embed-text-v1", "dimension": 1536, "functions": "painless"},
        {"embedding": {"functions": "built-in"}},
        "bedrock",
        "/model/amazon.titan-embed-text-v1/invoke",
    ),
    "cohere": Case(
        {"provider": "cohere", "dimension": 1024, "region": "eu-central-1"},
        {"embedding": {"model": "cohere.embed-multilingual-v3"}},
        "bedrock",
        "/model/cohere.embed-multilingual-v3/invoke",
        anew=True,
    ),
    "openai": Case(
        {"provider": "openai", "dimension": 768, "secret": {"name": "osml/e2e/openai"}},
        {"embedding": {"model": "text-embedding-3-large"}},
        "openai",
        "/v1/embeddings",
        anew=True,
    ),
}
ENVIRONMENT: Settings = {
    "recipe": "semantic-search",
    "search": {
        "kind": "domain",
        "vector_engine": "lucene",
        "data_nodes": {"instance_type": "t3.medium.search", "count": 1},
        "volume": {"size": 10},
        "removal": "destroy",
        "log_retention": 1,
    },
    "timeouts": {"provisioning": 300},
}


def write(folder: Path, name: str, *layers: Settings) -> None:
    settings: Settings = dict(ENVIRONMENT)
    for layer in layers:
        settings |= {group: {**settings.get(group, {}), **values} for group, values in layer.items()}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings))


def calls(instance: Instance, provider: str, path: str) -> int:
    """The number of calls of the model endpoints at `path`; fails when a call was refused."""
    report = requests.get(startup.settings(instance)["models_url"] + "/_control", timeout=60).json()[provider]
    traffic = report["paths"].get(path, {"calls": 0, "rejected": 0})
    assert traffic["rejected"] == 0
    return int(traffic["calls"])


@pytest.fixture(params=CASES)
def deployment(
    request: pytest.FixtureRequest, local_cloud: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    write(tmp_path, request.param, {"embedding": CASES[request.param].embedding})
    if "secret" in CASES[request.param].embedding:
        secret.put("osml/e2e/openai", "api_key", local_cloud.deepseek_key.read_text().strip(), REGION)
    with Deployment(request.param, tmp_path, local_cloud, tmp_path) as made:
        yield made


def test_a_provider_from_deploy_to_destroy(
    deployment: Deployment, local_cloud: Instance, engine: Any, tmp_path: Path
) -> None:
    case, before = CASES[deployment.name], engine.contents()
    deployment.deploy()
    added = engine.contents()
    assert [len(added[kind]) - len(before[kind]) for kind in ("connectors", "models", "model_groups")] == [1, 1, 1]
    deployment.ingest()
    _finds_in_order(deployment)
    _keeps_hostile_text(deployment, TEXTS, tmp_path)

    write(tmp_path, deployment.name, {"embedding": case.embedding}, case.change)
    deployment.deploy()
    changed = engine.contents()
    for kind in ("models", "indexes", "ingest_pipelines", "search_pipelines"):
        assert (changed[kind] != added[kind]) is case.anew
        assert len(changed[kind]) == len(added[kind])
    _finds_in_order(deployment)
    embedded = calls(local_cloud, case.provider, case.path)
    deployment.ingest()
    assert calls(local_cloud, case.provider, case.path) > embedded
    _finds_in_order(deployment)

    deployment.destroy()
    assert engine.contents() == before


def _finds_in_order(deployment: Deployment) -> None:
    compared = deployment.ask(COMPARISON)
    assert {source.id for source in compared.sources[:2]} == {"new-york-city", "miami"}
    assert (compared.answer, compared.model) == (None, None)
    scores = [source.score for source in compared.sources]
    assert scores == sorted(scores, reverse=True)
    assert deployment.ask(GROWTH).sources[0].id == "austin"


def _keeps_hostile_text(deployment: Deployment, texts: tuple[str, ...], folder: Path) -> None:
    """Each text is stored unchanged, and a search for it finds it first, so its vector is its own."""
    file = folder / "hostile.ndjson"
    rows = [{"id": f"hostile {n}", "text": text, "number": n, "": {"a..b": text}} for n, text in enumerate(texts)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    deployment.ingest(file)
    for number, text in enumerate(texts):
        nearest = deployment.ask(text).sources[0]
        assert (nearest.id, nearest.text) == (f"hostile {number}", text)
        assert nearest.score == pytest.approx(1, abs=1e-3)
    filtered = asking.ask(deployment.place, texts[0], filters=[("number", "1.0"), (".a..b", texts[1])]).sources
    assert [source.id for source in filtered] == ["hostile 1"]
    with pytest.raises(Failure, match=r"has a field 'nummer'. Existing fields are \.a\.\.b, number"):
        asking.ask(deployment.place, texts[0], filters=[("nummer", "1")])
    domain = deployment.domain()
    lines = [json.dumps({"delete": {"_index": "passages", "_id": f"hostile {number}"}}) for number in range(len(texts))]
    domain.json("POST", "/_bulk", data="\n".join([*lines, ""]), headers={"content-type": CONTENT_TYPE})
    domain.json("POST", "/passages/_refresh")
