"""Vector fields that Amazon takes and that would crash the local engine: Lucene stores them, and the answer says so."""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.front_domain import Trial, trial
from tests.contract.front_engine import EngineAddress

VECTOR = [0.1, 0.2, 0.3, 0.4]
KNN = {"index": {"knn": True, "number_of_replicas": 0}}
HNSW = {"name": "hnsw", "space_type": "l2"}
SQ = {"m": 16, "ef_construction": 64, "encoder": {"name": "sq", "parameters": {"type": "fp16"}}}
FIELDS: dict[str, dict[str, Any]] = {
    "no method": {},
    "faiss": {"method": {**HNSW, "engine": "faiss"}},
    "no engine": {"method": HNSW},
    "fp16": {"method": {**HNSW, "engine": "faiss", "parameters": SQ}},
    "on disk": {"mode": "on_disk", "compression_level": "32x"},
    "ivf": {"method": {"name": "ivf", "engine": "faiss", "space_type": "l2", "parameters": {"nlist": 4}}},
}


@pytest.fixture(scope="module")
def here(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine) as opened:
        yield opened


@pytest.fixture
def index(here: Trial) -> Iterator[str]:
    """A name for an index; removed when it was made."""
    name = f"front-{secrets.token_hex(4)}"
    yield name
    here.engine("DELETE", f"/{name}?ignore_unavailable=true")


def mapping(**field: Any) -> dict[str, Any]:
    return {"properties": {"v": {"type": "knn_vector", "dimension": 4, **field}, "text": {"type": "text"}}}


def holds_a_vector(here: Trial, index: str) -> bool:
    """Write, flush and search: an engine without the native library would crash at one of these steps."""
    assert here.master("PUT", f"/{index}/_doc/1?refresh=true", {"v": VECTOR, "text": "x"}).status_code == 201
    assert here.master("POST", f"/{index}/_flush").status_code == 200
    query = {"query": {"knn": {"v": {"vector": VECTOR, "k": 1}}}}
    return [hit["_id"] for hit in here.master("POST", f"/{index}/_search", query).json()["hits"]["hits"]] == ["1"]


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_an_index_is_made_holds_vectors_and_is_shown_as_it_was_written(
    here: Trial, index: str, field: dict[str, Any]
) -> None:
    made = here.master("PUT", f"/{index}", {"settings": KNN, "mappings": mapping(**field)})
    assert made.status_code == 200, made.text
    assert "Lucene keeps the vectors of v here" in made.headers["Warning"]
    assert holds_a_vector(here, index)
    for path in (f"/{index}", f"/{index}/_mapping"):
        shown = here.master("GET", path).json()[index]["mappings"]["properties"]["v"]
        assert shown == {"type": "knn_vector", "dimension": 4, **field}
    engine = here.engine("GET", f"/{index}/_mapping").json()[index]["mappings"]["properties"]["v"]
    assert engine["method"]["engine"] == "lucene"


def test_nmslib_is_taken_before_3_0_and_refused_after_as_on_amazon(here: Trial, index: str) -> None:
    body = {"settings": KNN, "mappings": mapping(method={**HNSW, "engine": "nmslib"})}
    made = here.master("PUT", f"/{index}", body)
    if here.engine("GET", "/").json()["version"]["number"].startswith("2."):
        assert "Lucene keeps the vectors of v here" in made.headers["Warning"]
        assert holds_a_vector(here, index)
    else:
        assert (made.status_code, made.json()["error"]["type"]) == (400, "mapper_parsing_exception")
        assert "nmslib engine is deprecated" in made.text


def test_what_lucene_is_asked_for_passes_unchanged(here: Trial, index: str) -> None:
    body = {"settings": KNN, "mappings": mapping(method={**HNSW, "engine": "lucene"})}
    made = here.master("PUT", f"/{index}", body)
    assert made.status_code == 200
    assert "Warning" not in made.headers
    assert holds_a_vector(here, index)


def test_an_index_without_knn_takes_a_field_without_a_method(here: Trial, index: str) -> None:
    made = here.master("PUT", f"/{index}", {"mappings": mapping()})
    assert made.status_code == 200, made.text
    assert here.master("PUT", f"/{index}/_doc/1?refresh=true", {"v": VECTOR}).status_code == 201


def test_a_field_that_is_added_later_is_lucene_too(here: Trial, index: str) -> None:
    here.master("PUT", f"/{index}", {"settings": KNN})
    added = here.master("PUT", f"/{index}/_mapping", mapping())
    assert "Warning" in added.headers, added.text
    assert holds_a_vector(here, index)


def test_a_template_gives_its_indexes_lucene(here: Trial, index: str) -> None:
    body = {"index_patterns": [f"{index}*"], "template": {"settings": KNN, "mappings": mapping()}}
    made = here.master("PUT", f"/_index_template/{index}", body)
    assert "Warning" in made.headers, made.text
    try:
        assert holds_a_vector(here, index)
    finally:
        here.master("DELETE", f"/_index_template/{index}")


def test_a_compressed_body_is_read_as_well(here: Trial, index: str) -> None:
    body = gzip.compress(json.dumps({"settings": KNN, "mappings": mapping()}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    made = here.master("PUT", f"/{index}", data=body, headers=headers)
    assert "Warning" in made.headers, made.text
    assert holds_a_vector(here, index)


def test_training_is_refused_with_a_sentence(here: Trial) -> None:
    answer = here.master("POST", "/_plugins/_knn/models/m/_train", {"training_index": "i"})
    assert (answer.status_code, "on Amazon it works" in answer.text) == (501, True)
