"""A client with all permissions on a collection, and an index with three documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.contract.collection_front import DOCUMENTS, INDEX, Serverless
from tests.contract.front_domain import Client
from tests.waiting import until

VECTOR = {"type": "knn_vector", "dimension": 3, "space_type": "cosinesimil"}


def mapping(**vector: Any) -> dict[str, Any]:
    properties = {"v": VECTOR | vector, "id": {"type": "keyword"}, "text": {"type": "text"}}
    return {"settings": {"index.knn": True}, "mappings": {"properties": properties}}


def ndjson(*objects: Any) -> bytes:
    return b"".join(json.dumps(content).encode() + b"\n" for content in objects)


def bulk(client: Client, path: str, *objects: Any) -> requests.Response:
    headers = {"Content-Type": "application/x-ndjson"}
    return client("POST", path, data=ndjson(*objects), headers=headers)


def eventually(read: Callable[[], Any], wanted: Any) -> None:
    """Wait until a written document is found; on a collection, nothing can be refreshed."""
    until(f"a search that finds {wanted}", read, lambda seen: seen == wanted)


@pytest.fixture(scope="module")
def writer(aoss: Serverless, url: str, request: pytest.FixtureRequest) -> Client:
    return aoss.caller(url, request.module.HERE, "aoss-writer", *INDEX, *DOCUMENTS)


@pytest.fixture
def articles(writer: Client) -> Iterator[str]:
    """An index with three documents that can be found."""
    assert writer("PUT", "/articles", mapping()).json()["index"] == "articles"
    lines: list[dict[str, Any]] = []
    for name, vector, text in (("a", [1, 0, 0], "one"), ("b", [0, 1, 0], "two"), ("c", [0, 0, 1], "three")):
        lines += [{"index": {}}, {"id": name, "v": vector, "text": text}]
    answer = bulk(writer, "/articles/_bulk", *lines).json()
    assert answer["errors"] is False
    assert {item["index"]["_index"] for item in answer["items"]} == {"articles"}
    eventually(lambda: writer("GET", "/articles/_count").json()["count"], 3)
    yield "articles"
    assert writer("DELETE", "/articles").json() == {"acknowledged": True}
