"""An index that embeds its documents, and callers that each have one role of the security plugin, on a real engine."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from stacks.assistant_needs import NEEDS
from tests.contract.kinds_engine import DIMENSION, KindsEngine, RoleHeaders


@dataclass(frozen=True)
class Caller:
    """Sends requests as an IAM role would through the front."""

    endpoint: str
    arn: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and body; a list is sent as lines of JSON."""
        lines = [json.dumps(item) for item in body] if isinstance(body, list) else [json.dumps(body)] if body else []
        answer = requests.request(
            method,
            f"{self.endpoint}{path}",
            data="".join(f"{line}\n" for line in lines),
            headers={"Content-Type": "application/json"},
            auth=RoleHeaders(self.arn),
            verify=os.environ["OSML_TEST_CA"],
            timeout=60,
        )
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        status, answer = self.send("POST", path, body)
        assert status in (200, 201), answer
        return answer


@dataclass(frozen=True)
class World:
    """An index, the model that embeds its documents and has not been called yet, and a caller for each function."""

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


def _model(engine: KindsEngine, name: str, probe: dict[str, Any], body: dict[str, Any]) -> str:
    connector = engine.apply("Connector", {"connector": body}, owner=engine.owner(f"{name}Connector")).physical_id
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} {name}"}, owner=engine.owner(f"{name}Group"))
    spec = {
        "name": f"{engine.stack} {name}",
        "model_group_id": group.physical_id,
        "connector_id": connector,
        "probe": {"parameters": probe},
    }
    return engine.apply("Model", spec, owner=engine.owner(name)).physical_id


def caller(
    engine: KindsEngine,
    part: str,
    index: str,
    *,
    cluster: Sequence[str],
    on_index: Sequence[str],
    everywhere: Sequence[str] = (),
) -> Caller:
    """A caller whose new role has only these permissions: `on_index` for the index, `everywhere` for all indexes."""
    arn = f"arn:aws:iam::000000000000:role/{engine.stack}-{part}"
    granted = (([index], on_index), (["*"], everywhere))
    role = {
        "name": f"{engine.stack}-{part}",
        "cluster_permissions": list(cluster),
        "index_permissions": [
            {"index_patterns": patterns, "allowed_actions": list(actions)} for patterns, actions in granted if actions
        ],
    }
    engine.apply("Role", role, owner=engine.owner(f"{part}Role"))
    mapping = {"role": role["name"], "backend_roles": [arn]}
    engine.apply("RoleMapping", mapping, owner=engine.owner(f"{part}Mapping"))
    return Caller(engine.transport.endpoint, arn)


@pytest.fixture
def world(engine: KindsEngine) -> Iterator[World]:
    with world_on(engine) as world:
        yield world


@contextmanager
def world_on(engine: KindsEngine) -> Iterator[World]:
    """The index and its model, and a caller for each function; the index is removed at the end."""
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
    callers = {
        part: caller(engine, part, index, cluster=need.cluster, on_index=need.index) for part, need in NEEDS.items()
    }
    yield World(index, embedding, callers)
    admin.delete(f"/{index}")
    admin.delete(f"/_ingest/pipeline/{index}")
