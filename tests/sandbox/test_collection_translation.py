"""What changes between a client of a collection and the engine, and what is refused in front of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.front.collection.bulk import NO_ID, read_bulk, with_refusals, write_bulk
from sandbox.front.collection.names import Names, parts
from sandbox.front.collection.operation import operation
from sandbox.front.collection.record import CollectionRecord
from sandbox.front.collection.vectors import answer_outward, index_inward, mapping_inward, settings_inward
from sandbox.front.refusal import CollectionForbidden, InvalidArgument, NotOffered, UnsupportedOperation
from sandbox.front.request import FrontRequest

NAMES = Names("p.")

EXPRESSIONS = [
    (None, "p.*"),
    ("", "p.*"),
    ("_all", "p.*"),
    ("*", "p.*"),
    ("a", "p.a"),
    ("a,b*", "p.a,p.b*"),
    ("a*,-ab", "p.a*,-p.ab"),
    (" a , b ", "p.a,p.b"),
]


@pytest.mark.parametrize(("expression", "inward"), EXPRESSIONS)
def test_every_form_of_an_expression_stays_inside_the_collection(expression: str | None, inward: str) -> None:
    assert NAMES.inward(expression) == inward


@pytest.mark.parametrize("name", ["<logs-{now/d}>", "other:index", "_x", "+x", "--x"])
def test_names_that_could_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(InvalidArgument, match="Invalid index name"):
        NAMES.inward(name)


def test_parts_are_what_permissions_are_asked_for() -> None:
    assert parts("a,_all") == ["a", "*"]
    assert parts(None) == ["*"]


def test_a_prefix_is_the_collections_own() -> None:
    first, second = (CollectionRecord(f"arn:aws:aoss:r:0:collection/{name}", "same", "0", "r") for name in "ab")
    assert first.prefix != second.prefix
    assert NAMES.outward(b'{"_index":"p.a"}') == b'{"_index":"a"}'


OPERATIONS = [
    ("PUT", "/a", "aoss:CreateIndex", "a"),
    ("HEAD", "/a", "aoss:DescribeIndex", "a"),
    ("DELETE", "/a", "aoss:DeleteIndex", "a"),
    ("GET", "/a/_mapping", "aoss:DescribeIndex", "a"),
    ("PUT", "/a/_mapping", "aoss:UpdateIndex", "a"),
    ("GET", "/a/_settings/index.knn", "aoss:DescribeIndex", "a"),
    ("GET", "/_cat/indices", "aoss:DescribeIndex", None),
    ("GET", "/_cat/indices/a", "aoss:DescribeIndex", "a"),
    ("GET", "/_resolve/index/a", "aoss:DescribeIndex", "a"),
    ("POST", "/_bulk", "aoss:WriteDocument", None),
    ("POST", "/a/_doc", "aoss:WriteDocument", "a"),
    ("DELETE", "/a/_doc/1", "aoss:WriteDocument", "a"),
    ("GET", "/a/_doc/1", "aoss:ReadDocument", "a"),
    ("POST", "/a%2Cb/_search", "aoss:ReadDocument", "a,b"),
    ("GET", "/_search", "aoss:ReadDocument", None),
]


@pytest.mark.parametrize(("method", "path", "permission", "indexes"), OPERATIONS)
def test_an_operation_needs_the_permission_that_amazon_lists(
    method: str, path: str, permission: str, indexes: str | None
) -> None:
    translated = operation(FrontRequest(method, path, ()))
    assert (translated.permission, translated.indexes) == (permission, indexes)


def test_only_writes_with_an_id_name_a_document() -> None:
    named = [operation(FrontRequest(method, path, ())).names_document for method, path in _WRITES]
    assert named == [True, True, True, False, False]


_WRITES = [("PUT", "/a/_doc/1"), ("POST", "/a/_create/1"), ("POST", "/a/_update/1"), ("POST", "/a/_doc"), ("GET", "/a")]


@pytest.mark.parametrize(
    "path", ["/_cluster/health", "/a/_refresh", "/a/_delete_by_query", "/a/b/c/d", "/_plugins/_ml"]
)
def test_what_amazon_does_not_list_does_not_exist(path: str) -> None:
    with pytest.raises(UnsupportedOperation) as raised:
        operation(FrontRequest("POST", path, ()))
    assert (raised.value.status, raised.value.encoded()) == (404, b"")


def test_features_that_only_this_machine_lacks_have_their_own_error() -> None:
    with pytest.raises(NotOffered) as raised:
        operation(FrontRequest("PUT", "/a/_alias/b", ()))
    assert raised.value.status == 501


def test_every_refusal_of_access_looks_the_same() -> None:
    first, second = CollectionForbidden("the reason of one"), CollectionForbidden("the reason of two")
    assert first.body() | {"request-id": ""} == second.body() | {"request-id": ""}
    assert "reason of" not in first.encoded().decode()


def vector(**method: Any) -> dict[str, Any]:
    return {"type": "knn_vector", "dimension": 3, **({"method": method} if method else {})}


def test_faiss_is_stored_as_lucene_and_shown_as_faiss() -> None:
    given = {"properties": {"o": {"properties": {"v": vector(name="hnsw", engine="faiss", parameters={"m": 4})}}}}
    inward = mapping_inward(given, "CLASSIC")
    assert inward["properties"]["o"]["properties"]["v"]["method"]["engine"] == "lucene"
    assert given["properties"]["o"]["properties"]["v"]["method"]["engine"] == "faiss"
    assert answer_outward({"a": {"mappings": inward}}) == {"a": {"mappings": given}}


def test_a_field_without_an_engine_gets_one_that_runs() -> None:
    inward = index_inward({"mappings": {"properties": {"v": vector()}}}, "NEXTGEN")
    assert inward["mappings"]["properties"]["v"]["method"] == {"name": "hnsw", "engine": "lucene"}


@pytest.mark.parametrize(
    ("engine", "generation", "sentence"),
    [
        ("faiss", "NEXTGEN", "Field parameter 'engine' is not supported"),
        ("lucene", "NEXTGEN", "Field parameter 'engine' is not supported"),
        ("lucene", "CLASSIC", "Invalid engine: lucene"),
        ("nmslib", "CLASSIC", "Invalid engine: nmslib"),
    ],
)
def test_engines_that_serverless_refuses(engine: str, generation: Any, sentence: str) -> None:
    with pytest.raises(InvalidArgument, match=sentence):
        mapping_inward({"properties": {"v": vector(engine=engine)}}, generation)


def test_shards_and_replicas_have_no_effect_however_they_are_written() -> None:
    for settings in (
        {"index": {"number_of_shards": 2, "knn": True}},
        {"index.number_of_replicas": 2, "index": {"knn": True}},
        {"number_of_shards": 2, "index": {"knn": True}},
    ):
        assert settings_inward(settings) == {"index": {"knn": True}}
    assert settings_inward({"index": {"number_of_replicas": 1}}) == {}


@pytest.mark.parametrize(
    "body",
    [
        {"aliases": {"a": {}}},
        {"settings": {"index": {"default_pipeline": "p"}}},
        {"settings": {"index.search.default_pipeline": "p"}},
    ],
)
def test_an_index_takes_nothing_that_collections_would_share(body: dict[str, Any]) -> None:
    with pytest.raises(NotOffered):
        index_inward(body, "CLASSIC")


BULK = b"""{"index": {}}
{"text": "{\\"index\\": {}}"}
{"delete": {"_index": "b", "_id": "1"}}
{"create": {"_id": "2"}}
{"x": 1}
"""


def test_a_bulk_body_goes_in_with_names_and_documents_untouched() -> None:
    actions = read_bulk(BULK, "a")
    assert [(action.verb, action.index, action.names_document) for action in actions] == [
        ("index", "a", False),
        ("delete", "b", False),
        ("create", "a", True),
    ]
    lines = write_bulk(actions, NAMES).splitlines()
    assert [json.loads(line) for line in (lines[0], lines[2], lines[3])] == [
        {"index": {"_index": "p.a"}},
        {"delete": {"_index": "p.b", "_id": "1"}},
        {"create": {"_id": "2", "_index": "p.a"}},
    ]
    assert lines[1] == b'{"text": "{\\"index\\": {}}"}'


def test_refused_items_stand_where_they_were_sent() -> None:
    actions = read_bulk(BULK, "a")
    answer = with_refusals({"took": 1, "errors": False, "items": [{"index": {}}, {"delete": {}}]}, actions)
    assert answer["errors"] is True
    assert [next(iter(item)) for item in answer["items"]] == ["index", "delete", "create"]
    assert answer["items"][2]["create"]["error"]["reason"] == NO_ID


@pytest.mark.parametrize("body", [b"{}\n", b"x\n", b'{"index": 1}\n', b'{"drop": {}}\n', b'{"index": {}}\n{}\n'])
def test_a_bulk_body_that_cannot_be_placed_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgument):
        read_bulk(body, None)


def test_a_bulk_item_names_no_pipeline() -> None:
    with pytest.raises(NotOffered):
        read_bulk(b'{"index": {"pipeline": "p"}}\n{}\n', "a")
