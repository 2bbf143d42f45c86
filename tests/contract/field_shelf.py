"""An index on a real engine for documents with fields of every type; some of the fields are declared."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from aws_cdk import App, Stack

from corpus.bulk import CONTENT_TYPE, PATH, Bulk, BulkResponse
from corpus.destination import Verdict
from corpus.document import Document, Unreadable
from corpus.formats import Reading
from corpus.source import read
from mlcommons import HttpTransport
from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.sagemaker_embedding import sagemaker_embedding
from opensearch_ml.resources.field_script import WORDS, field_mappings, with_fields
from rag.filter_models import Filters
from rag.search.field_filter import clauses, of_fields
from sandbox.models.json_handler import serving
from tests.contract.front_engine import EngineAddress
from tests.contract.kinds_engine import KindsEngine, RoleHeaders
from tests.contract.metacharacters import DIMENSION, Recorded
from tests.contract.test_text_is_data import REGION, made_model

FIELDS = {"year": "number", "valid_until": "date", "active": "boolean", "team": "keyword"}
ROWS: list[dict[str, Any]] = [
    {"id": "k1", "user": "U12345-1", "year": 2023, "tags": ["red", "blue"], "level": "not for release"},
    {"id": "k2", "user": "U12345-1-99", "year": "2024", "tags": ["green"], "level": "for release", "team": "north"},
    {"id": "k3", "user": "U777", "year": 2024.0, "tags": [], "level": "RELEASE", "meta": {"lang": "de"}},
    {"id": "d1", "valid_until": "2026-03-31", "price": 199, "active": True},
    {"id": "d2", "valid_until": "until further notice", "price": "n/a", "active": "perhaps", "meta": "none"},
    {"id": "d3", "valid_until": ["2026-10-31T12:00:00Z"], "price": {"eur": 249.5}, "active": "false", "year": {"a": 1}},
    {"id": "d4", "valid_until": "31.12.2026", "price": [[1], {"a": None}], "year": [2020, {"b": 2}], "team": {"a": 1}},
    {
        "id": "t1",
        "title": {"en": "a"},
        "document": "official-policy",
        "embedding": [1, 2],
        "osml": {"labels": "x"},
    },
    {"id": "t2", "title": 42, "_id": "k1", "_routing": "elsewhere", "_version": "x", "_index": "other", "_foo": 1},
    {
        "id": "t3",
        "title": ["a", "b"],
        "": 0,
        " ": 1,
        "a.b": 2,
        "..": 3,
        ".c": 4,
        "text.x": 5,
        "id.x": 6,
        "osml.labels": 7,
    },
    {
        "id": "t4",
        "deep": {"": {"x..y": [{"z.": 1}]}, "ok": 2},
        "a": 1,
        "a.b": 2,
        "n": {"m": 1, "m.o": 2},
        "people": [{"name": "Ann", "age": 40, "x": [[1, 2], [3, 4]]}, {"name": "Bob", "age": 50}],
    },
    {"id": "n1", "value": float("nan"), "more": [float("inf"), 1e-7, 1e300, 10**400], "nested": {"x": float("-inf")}},
    {"id": "s1", "text": "a lone \ud83d surrogate", "name\ud83d": "\ud83d\ude00", "who": "x\udc00"},
    {"id": "b1", "big": 10**30, "bigs": [10**25, -(10**40)], "escapes": {'\x01\n"\\': "\x1f\u2028"}, "nothing": None},
    {"id": "long", "essay": "word " * 20_000, "k" * 40_000: 1, "list": list(range(3000))},
]
VECTOR = {"type": "knn_vector", "dimension": DIMENSION, "method": {"name": "hnsw", "engine": "lucene"}}
EMBEDDED: dict[str, Any] = {"text": {"type": "text", "copy_to": [WORDS]}, "embedding": VECTOR}


@dataclass(frozen=True)
class Shelf:
    """An index with declared fields; `bulk` loads documents as the command line does."""

    engine: KindsEngine
    name: str
    bulk: Bulk
    body: dict[str, Any]

    def stored(self) -> dict[str, dict[str, Any]]:
        hits = self.engine.client().post(f"/{self.name}/_search", {"size": 1000})["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}

    def matching(self, *filters: tuple[str, str]) -> set[str]:
        query = {"bool": {"filter": clauses(filters, FIELDS, "text")}}
        return {
            hit["_id"]
            for hit in self.engine.client().post(f"/{self.name}/_search", {"query": query, "size": 100})["hits"]["hits"]
        }

    def found_by_api(self, fields: dict[str, Any]) -> set[str]:
        wanted = Filters.model_validate({"fields": fields}).fields
        assert wanted is not None
        query = {"bool": {"filter": of_fields(wanted, FIELDS, "text")}}
        answer = self.engine.client().post(f"/{self.name}/_search", {"query": query, "size": 100})
        return {hit["_id"] for hit in answer["hits"]["hits"]}

    def load(self, rows: list[dict[str, Any]]) -> list[Document]:
        lines = "".join(json.dumps({"text": f"Text of {n}", **row}) + "\n" for n, row in enumerate(rows))
        items = [
            item
            for item in read(io.BytesIO(lines.encode()), "rows.ndjson", Reading("text"))
            if not isinstance(item, Unreadable)
        ]
        outcomes = self.bulk.send([self.bulk.encode(item) for item in items])
        refused = [outcome for outcome in outcomes if outcome.verdict not in (Verdict.CREATED, Verdict.UPDATED)]
        assert not refused
        self.engine.client().post(f"/{self.name}/_refresh")
        return items


@pytest.fixture(scope="module")
def empty(engine_transport: HttpTransport, contract_engine: EngineAddress) -> Iterator[Shelf]:
    with serving(Recorded) as url:
        engine = KindsEngine(engine_transport, url)
        endpoint = EmbeddingEndpoint(Stack(App(), "Fields"), "E", name="e", region=REGION)
        model = made_model(engine, url, sagemaker_embedding(endpoint, shape="array"), "array", "Embedding")
        name = f"{engine.stack}-fields"
        embeds = {"text_embedding": {"model_id": model, "field_map": {"text": "embedding"}, "batch_size": 8}}
        pipeline = {"processors": with_fields([embeds], "text", ["embedding"], FIELDS)}
        engine.apply("IngestPipeline", {"name": name, "pipeline": pipeline}, owner=engine.owner("In"))
        own = {"id": {"type": "keyword"}, "document": {"type": "keyword"}, "title": EMBEDDED["text"]}
        fields = {**own, **EMBEDDED, **field_mappings(FIELDS)}
        body = {
            "settings": {"index": {"knn": True, "default_pipeline": name}},
            "mappings": {"dynamic": False, "properties": fields},
        }
        engine.apply("Index", {"name": f"{name}-1", "body": body}, owner=engine.owner("Index"))
        engine.client().post("/_aliases", {"actions": [{"add": {"index": f"{name}-1", "alias": name}}]})
        session = requests.Session()
        session.auth = RoleHeaders()

        def send(body: bytes) -> BulkResponse:
            url, headers = f"{contract_engine.url}{PATH}", {"content-type": CONTENT_TYPE}
            answer = session.post(url, data=body, headers=headers, verify=contract_engine.ca)
            return BulkResponse(answer.status_code, {}, answer.content)

        yield Shelf(engine, name, Bulk(send, name), body)
        engine.clean()


@pytest.fixture(scope="module")
def shelf(empty: Shelf) -> Shelf:
    empty.load(ROWS)
    return empty
