"""An ordinary scroll, as the `helpers.scan` of another client makes it, does not damage an index."""

from typing import Any

import pytest

from mlcommons import Client
from mlcommons.client import path_of
from mlcommons.derived_vectors import MENDING, is_broken, mend
from tests.contract import kinds_engine
from tests.contract.kinds_engine import DIMENSION, KindsEngine

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

DOCUMENTS, PAGE = 36, 12
VECTOR = {"type": "knn_vector", "dimension": DIMENSION, "method": {"name": "hnsw", "engine": "lucene"}}
BODY: dict[str, Any] = {
    "settings": {"index": {"knn": True, "number_of_replicas": 0}},
    "mappings": {"properties": {"embedding": VECTOR, "text": {"type": "text"}}},
}


@pytest.fixture
def index(engine: KindsEngine) -> str:
    """An index as the kernel makes it, with documents in one segment."""
    name = engine.apply("Index", {"name": f"{engine.stack}-index", "body": BODY}).physical_id
    client = engine.client()
    for number in range(DOCUMENTS):
        client.put(f"/{name}/_doc/{number}", {"text": f"Passage {number}", "embedding": [1.0 + number] * DIMENSION})
    client.post(f"/{name}/_forcemerge", max_num_segments="1")
    client.post(f"/{name}/_refresh")
    return name


def scroll(client: Client, index: str) -> int:
    """Read all pages of `index` and end the scroll; returns the number of documents."""
    query = {"query": {"match_all": {}}, "size": PAGE, "sort": ["_doc"]}
    answer, seen = client.post(f"/{index}/_search", query, scroll="1m"), 0
    while hits := answer["hits"]["hits"]:
        seen += len(hits)
        answer = client.post("/_search/scroll", {"scroll": "1m", "scroll_id": answer["_scroll_id"]})
    client.delete(path_of("_search", "scroll", answer["_scroll_id"]))
    return seen


def texts(client: Client, index: str) -> set[str]:
    """The texts of all documents; checks that each vector can be read, too."""
    hits = client.post(f"/{index}/_search", {"query": {"match_all": {}}, "size": DOCUMENTS})["hits"]["hits"]
    assert all(len(hit["_source"]["embedding"]) == DIMENSION for hit in hits)
    return {hit["_source"]["text"] for hit in hits}


def test_after_a_scroll_every_document_is_read_whole(engine: KindsEngine, index: str) -> None:
    client, every = engine.client(), {f"Passage {number}" for number in range(DOCUMENTS)}
    assert scroll(client, index) == DOCUMENTS
    assert texts(client, index) == every
    assert not is_broken(client, index, client.get(f"/{index}")[index])


def test_a_repair_rewrites_the_only_segment_and_keeps_every_document(engine: KindsEngine, index: str) -> None:
    client, every = engine.client(), {f"Passage {number}" for number in range(DOCUMENTS)}
    before = segments(client, index)
    mend(client, index)
    client.post(f"/{index}/_refresh")
    assert segments(client, index).isdisjoint(before)
    assert texts(client, index) == every
    assert client.post(f"/{index}/_count", {"query": {"ids": {"values": [MENDING]}}})["count"] == 0


def segments(client: Client, index: str) -> set[str]:
    """The names of the segments that contain documents."""
    (copies,) = client.get(f"/{index}/_segments")["indices"][index]["shards"].values()
    return {name for name, segment in copies[0]["segments"].items() if segment["num_docs"]}
