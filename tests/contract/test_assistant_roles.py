"""The security roles of the functions on a real engine: each may embed, and none may do what another does, or more."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from rag.search.nearness import Nearness
from stacks.assistant_needs import MEMORY, NEEDS, Need
from tests.contract import kinds_engine
from tests.contract.kinds_engine import DIMENSION, Engine, RoleHeaders

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)


@dataclass(frozen=True)
class Caller:
    """Sends requests as an IAM role would through the front."""

    endpoint: str
    arn: str

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and body; a list is sent as lines of JSON."""
        lines = [json.dumps(one) for one in body] if isinstance(body, list) else [json.dumps(body)] if body else []
        answer = requests.request(
            method,
            f"{self.endpoint}{path}",
            data="".join(f"{line}\n" for line in lines),
            headers={"Content-Type": "application/json"},
            auth=RoleHeaders(self.arn),
            verify=os.environ["OSML_TEST_CA"],
            timeout=20,
        )
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        status, answer = self.send("POST", path, body)
        assert status in (200, 201), answer
        return answer


@dataclass(frozen=True)
class World:
    """An index whose documents are embedded by a model that nobody has asked yet, and the functions as callers."""

    index: str
    model: str
    callers: dict[str, Caller]

    @property
    def ask(self) -> Caller:
        return self.callers["ask"]

    @property
    def documents(self) -> Caller:
        return self.callers["documents"]

    def store(self, id: str) -> list[dict[str, Any]]:
        return [{"index": {"_index": self.index, "_id": id}}, {"id": id, "document": id, "text": "hello"}]


def _model(engine: Engine, name: str, probe: dict[str, Any], body: dict[str, Any]) -> str:
    connector = engine.apply("Connector", {"connector": body}, owner=engine.owner(f"{name}Connector")).physical_id
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} {name}"}, owner=engine.owner(f"{name}Group"))
    spec = {
        "name": f"{engine.stack} {name}",
        "model_group_id": group.physical_id,
        "connector_id": connector,
        "probe": {"parameters": probe},
    }
    return engine.apply("Model", spec, owner=engine.owner(name)).physical_id


def _caller(engine: Engine, part: str, index: str, need: Need | None = None) -> Caller:
    need, arn = need or NEEDS[part], f"arn:aws:iam::000000000000:role/{engine.stack}-{part}"
    role = {
        "name": f"{engine.stack}-{part}",
        "cluster_permissions": list(need.cluster),
        "index_permissions": [{"index_patterns": [index], "allowed_actions": list(need.index)}],
    }
    engine.apply("Role", role, owner=engine.owner(f"{part}Role"))
    mapping = {"role": role["name"], "backend_roles": [arn]}
    engine.apply("RoleMapping", mapping, owner=engine.owner(f"{part}Mapping"))
    return Caller(engine.transport.endpoint, arn)


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    index = f"{engine.stack}-passages"
    texts = engine.connector("/embed")
    texts["actions"][0] |= {
        "request_body": '{"input": ${parameters.input}}',
        "pre_process_function": "connector.pre_process.default.embedding",
    }
    embedding = _model(engine, "embedding", {"input": ["hello"]}, texts)
    admin = engine.client()
    embedded = {"text_embedding": {"model_id": embedding, "field_map": {"text": "embedding"}}}
    admin.put(f"/_ingest/pipeline/{index}", {"processors": [embedded]})
    method = {"name": "hnsw", "engine": "lucene", "space_type": "l2"}
    properties = {
        **{name: {"type": "keyword"} for name in ("id", "document")},
        "text": {"type": "text"},
        "embedding": {"type": "knn_vector", "dimension": DIMENSION, "method": method},
    }
    settings = {"index": {"knn": True, "default_pipeline": index}}
    admin.put(f"/{index}", {"settings": settings, "mappings": {"properties": properties}})
    yield World(index, embedding, {part: _caller(engine, part, index) for part in NEEDS})
    admin.delete(f"/{index}")
    admin.delete(f"/_ingest/pipeline/{index}")


@pytest.mark.parametrize("part", NEEDS)
def test_each_may_be_the_first_to_embed_by_a_model(world: World, part: str) -> None:
    caller = world.callers[part]
    if part == "ask":
        query = {"neural": {"embedding": {"query_text": "hello", "model_id": world.model, "k": 1}}}
        assert caller.post(f"/{world.index}/_search", {"query": query})["hits"]["hits"] == []
    else:
        stored = caller.post("/_bulk", world.store("a"))
        assert not stored["errors"], stored["items"][0]["index"]["error"]["reason"]


def test_neither_does_the_others_work_or_an_administrators(world: World) -> None:
    everything: dict[str, Any] = {"query": {"match_all": {}}}
    for caller, method, path, body in (
        (world.ask, "POST", "/_bulk", world.store("a")),
        (world.ask, "POST", f"/{world.index}/_delete_by_query", everything),
        (world.documents, "POST", f"/{MEMORY}", {"name": "x"}),
        (world.ask, "POST", "/_search", {}),
        (world.documents, "POST", "/_search", {}),
        (world.documents, "POST", "/_plugins/_ml/connectors/_search", everything),
        (world.ask, "GET", "/_search/pipeline/any", None),
        (world.documents, "GET", "/_plugins/_security/api/roles", None),
    ):
        status, answer = caller.send(method, path, body)
        assert status == 403, (path, answer)


def test_marking_by_meaning_takes_permissions_that_no_other_question_has(world: World, engine: Engine) -> None:
    admin, pipeline = engine.client(), f"{world.index}-search-aaaaaaaa"
    enrich = {"neural_query_enricher": {"default_model_id": world.model}}
    admin.put(f"/_search/pipeline/{pipeline}", {"request_processors": [enrich]})
    admin.put(f"/{world.index}/_settings", {"index.search.default_pipeline": pipeline})
    marks = _caller(engine, "marks", world.index, NEEDS["ask"].with_marks())
    statuses: list[int] = []

    def send(caller: Caller, method: str, path: str, body: Any) -> Any:
        status, answer = caller.send(method, path, body)
        statuses.append(status)
        return answer

    with pytest.raises(ValueError, match="2 texts got 1 vectors"):  # as this provider does
        Nearness(lambda *asked: send(marks, *asked), {}).nearest("hello", ["hello"], 1, world.index)
    assert statuses == [200, 200, 200]
    for method, path in (("GET", f"/{world.index}/_settings"), ("GET", f"/_search/pipeline/{pipeline}")):
        assert world.ask.send(method, path)[0] == 403
    admin.delete(f"/{world.index}")
    admin.delete(f"/_search/pipeline/{pipeline}")
    admin.put(f"/{world.index}", {})
