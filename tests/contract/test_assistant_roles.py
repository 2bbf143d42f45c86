"""The assistant's security roles on a real engine: each function may do what it does, and what the other does not."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from assistant.search.nearness import Nearness
from stacks.assistant_needs import MEMORY, NEEDS, Need
from tests.contract import kinds_engine
from tests.contract.kinds_engine import DIMENSION, Engine, RoleHeaders

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)
MESSAGES = '{"model": "${parameters.model}", "messages": ${parameters.messages}}'


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
    """An index whose documents are embedded, a pipeline that answers, and the two functions as callers."""

    index: str
    model: str
    pipeline: str
    ask: Caller
    documents: Caller

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
    index, pipeline = f"{engine.stack}-passages", f"{engine.stack}-answer"
    texts = engine.connector("/embed")
    texts["actions"][0] |= {
        "request_body": '{"input": ${parameters.input}}',
        "pre_process_function": "connector.pre_process.default.embedding",
    }
    embedding = _model(engine, "embedding", {"input": ["hello"]}, texts)
    chat = engine.connector("/chat")
    chat["actions"][0]["request_body"] = MESSAGES
    probe = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    answer = _model(engine, "answer", probe, chat)
    admin = engine.client()
    embedded = {"text_embedding": {"model_id": embedding, "field_map": {"text": "embedding"}}}
    admin.put(f"/_ingest/pipeline/{index}", {"processors": [embedded]})
    generation = {"model_id": answer, "context_field_list": ["text"]}
    responses = [{"retrieval_augmented_generation": generation}]
    admin.put(f"/_search/pipeline/{pipeline}", {"response_processors": responses})
    method = {"name": "hnsw", "engine": "lucene", "space_type": "l2"}
    properties = {
        **{name: {"type": "keyword"} for name in ("id", "document")},
        "text": {"type": "text"},
        "embedding": {"type": "knn_vector", "dimension": DIMENSION, "method": method},
    }
    settings = {"index": {"knn": True, "default_pipeline": index}}
    admin.put(f"/{index}", {"settings": settings, "mappings": {"properties": properties}})
    yield World(index, embedding, pipeline, *(_caller(engine, part, index) for part in ("ask", "documents")))
    admin.delete(f"/{index}")
    admin.delete(f"/_ingest/pipeline/{index}")
    admin.delete(f"/_search/pipeline/{pipeline}")


def _neural(world: World) -> dict[str, Any]:
    return {"neural": {"embedding": {"query_text": "hello", "model_id": world.model, "k": 1}}}


def test_documents_are_stored_listed_and_removed(world: World) -> None:
    stored = world.documents.post("/_bulk", world.store("a"))
    assert not stored["errors"], stored["items"][0]["index"]["error"]["reason"]
    assert stored["items"][0]["index"]["result"] == "created"
    world.documents.post(f"/{world.index}/_refresh")
    pages = {"size": 2, "sources": [{"document": {"terms": {"field": "document"}}}]}
    listed = world.documents.post(f"/{world.index}/_search", {"size": 0, "aggs": {"all": {"composite": pages}}})
    assert [one["key"]["document"] for one in listed["aggregations"]["all"]["buckets"]] == ["a"]
    world.documents.post("/_bulk", world.store("b"))
    deleted = world.documents.post("/_bulk", [{"delete": {"_index": world.index, "_id": "b"}}])
    assert deleted["items"][0]["delete"]["result"] == "deleted"


def test_a_question_is_answered_and_remembered(world: World) -> None:
    stored = world.documents.post("/_bulk?refresh=true", world.store("a"))
    assert not stored["errors"], stored["items"][0]["index"]["error"]["reason"]
    assert world.ask.post(f"/{world.index}/_search", {"query": _neural(world)})["hits"]["hits"][0]["_id"] == "a"
    memory = world.ask.post(f"/{MEMORY}", {"name": "caller hello"})["memory_id"]
    parameters = {"llm_model": "m", "llm_question": "hello?", "memory_id": memory, "context_size": 1}
    body = {
        "query": {"bool": {"should": [{"constant_score": {"filter": {"ids": {"values": ["a"]}}}}]}},
        "_source": ["text"],
        "ext": {"generative_qa_parameters": parameters},
    }
    answered = world.ask.post(f"/{world.index}/_search?search_pipeline={world.pipeline}", body)
    assert answered["ext"]["retrieval_augmented_generation"]["answer"] == "hello"
    world.ask.post(f"/{MEMORY}/{memory}/messages", {"input": "on?", "response": "no", "origin": "osml"})
    assert world.ask.send("GET", f"/{MEMORY}/{memory}")[1]["name"] == "caller hello"
    newest = {"query": {"match_all": {}}, "sort": [{"create_time": "desc"}], "size": 10}
    turns = world.ask.post(f"/{MEMORY}/{memory}/_search", newest)["hits"]["hits"]
    assert {turn["_source"]["input"] for turn in turns} == {"hello?", "on?"}


def test_neither_does_the_others_work_or_an_administrators(world: World) -> None:
    everything: dict[str, Any] = {"query": {"match_all": {}}}
    for caller, method, path, body in (
        (world.ask, "POST", "/_bulk", world.store("a")),
        (world.ask, "POST", f"/{world.index}/_delete_by_query", everything),
        (world.documents, "POST", f"/{MEMORY}", {"name": "x"}),
        (world.ask, "POST", "/_search", {}),
        (world.documents, "POST", "/_search", {}),
        (world.documents, "POST", "/_plugins/_ml/connectors/_search", everything),
        (world.ask, "GET", f"/_search/pipeline/{world.pipeline}", None),
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

    with pytest.raises(ValueError, match="2 texts were answered with 1 vectors"):  # as this provider does
        Nearness(lambda *asked: send(marks, *asked), {}).nearest("hello", ["hello"], 1, world.index)
    assert statuses == [200, 200, 200]
    for method, path in (("GET", f"/{world.index}/_settings"), ("GET", f"/_search/pipeline/{pipeline}")):
        assert world.ask.send(method, path)[0] == 403
    admin.delete(f"/{world.index}")
    admin.delete(f"/_search/pipeline/{pipeline}")
    admin.put(f"/{world.index}", {})
