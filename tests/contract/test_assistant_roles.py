"""The security roles of the functions on a real engine: each may embed, and none may do more than its own work."""

from collections.abc import Iterator
from typing import Any

import pytest

from rag.search.nearness import Nearness
from stacks.assistant_needs import MEMORY, NEEDS
from tests.contract import callers, kinds_engine
from tests.contract.callers import Caller, World
from tests.contract.kinds_engine import KindsEngine

engine, engine_transport, provider, world = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
    callers.world,
)


@pytest.mark.parametrize("part", NEEDS)
def test_each_may_be_the_first_to_embed_by_a_model(world: World, part: str) -> None:
    caller = world.callers[part]
    if part in ("ask", "tools"):
        query = {"neural": {"embedding": {"query_text": "hello", "model_id": world.model, "k": 1}}}
        assert caller.post(f"/{world.index}/_search", {"query": query})["hits"]["hits"] == []
    else:
        stored = caller.post("/_bulk", world.store("a"))
        assert not stored["errors"], stored["items"][0]["index"]["error"]["reason"]


def test_neither_does_the_others_work_or_an_administrators(world: World) -> None:
    everything: dict[str, Any] = {"query": {"match_all": {}}}
    for caller, method, path, body in (
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
    # The function may call _bulk to write conversations, so the engine checks each item by its index.
    _, answer = world.ask.send("POST", "/_bulk", world.store("a"))
    assert [item["index"]["status"] for item in answer["items"]] == [403]


@pytest.fixture
def embedding_pipeline(world: World, engine: KindsEngine) -> Iterator[str]:
    """A search pipeline that names the model of the index; afterwards the index is new."""
    admin, pipeline = engine.client(), f"{world.index}-search-aaaaaaaa"
    enrich = {"neural_query_enricher": {"default_model_id": world.model}}
    admin.put(f"/_search/pipeline/{pipeline}", {"request_processors": [enrich]})
    admin.put(f"/{world.index}/_settings", {"index.search.default_pipeline": pipeline})
    yield pipeline
    admin.delete(f"/{world.index}")
    admin.delete(f"/_search/pipeline/{pipeline}")
    admin.put(f"/{world.index}", {})


def test_marking_by_meaning_takes_permissions_that_no_other_question_has(
    world: World, engine: KindsEngine, embedding_pipeline: str
) -> None:
    need = NEEDS["ask"].with_vectors()
    marks = callers.caller(engine, "marks", world.index, cluster=need.cluster, on_index=need.index)
    statuses: list[int] = []

    def send(caller: Caller, method: str, path: str, body: Any) -> Any:
        status, answer = caller.send(method, path, body)
        statuses.append(status)
        return answer

    with pytest.raises(ValueError, match="2 texts got 1 vector"):  # this provider returns one vector
        Nearness(lambda *request: send(marks, *request), {}).nearest("hello", ["hello"], 1, world.index)
    assert statuses == [200, 200, 200]
    for method, path in (("GET", f"/{world.index}/_settings"), ("GET", f"/_search/pipeline/{embedding_pipeline}")):
        assert world.ask.send(method, path)[0] == 403
