"""Metadata never keeps a text out of an index, and filters can use it, on a real engine."""

import io
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from corpus.document import Document
from corpus.fields import with_access
from corpus.formats import Reading
from corpus.source import read
from opensearch_ml.resources.field_script import WORDS
from rag.caller import GROUPS, LOADER
from rag.search.field_filter import names_asked, unknown
from tests.contract import field_shelf, kinds_engine
from tests.contract.field_shelf import EMBEDDED, ROWS, Shelf
from tests.contract.metacharacters import DIMENSION, TEXTS, Recorded, vector

engine_transport, empty, shelf = kinds_engine.engine_transport, field_shelf.empty, field_shelf.shelf


def test_nothing_is_refused_for_its_fields(shelf: Shelf) -> None:
    stored = shelf.stored()
    assert set(stored) >= {row["id"] for row in ROWS}
    for document in stored.values():
        embedded = f"{document['title']} {document['text']}" if document.get("title") else document["text"]
        assert document["embedding"] == pytest.approx(vector(embedded))


def test_a_field_is_shown_as_it_was_given(shelf: Shelf) -> None:
    stored = shelf.stored()
    for row in ROWS[:3]:
        assert {name: value for name, value in stored[row["id"]].items() if name in row} == row
    assert [stored[id]["valid_until"] for id in ("d1", "d2", "d4")] == [
        "2026-03-31",
        "until further notice",
        "31.12.2026",
    ]
    assert stored["n1"]["value"] is None
    assert (stored["b1"]["big"], stored["b1"]["escapes"]) == (str(10**30), ROWS[-2]["escapes"])
    assert stored["s1"]["text"] == "a lone \ufffd surrogate"


def test_a_row_cannot_name_the_document_that_it_is_part_of(shelf: Shelf) -> None:
    stored = shelf.stored()
    assert all(value["document"] == value["id"] == id for id, value in stored.items())
    kept = {document["name"]: document["value"] for document in stored["t1"]["osml"]["kept"]}
    assert kept["document"] == "official-policy"
    assert kept["embedding"] == [1, 2]
    assert shelf.matching(("document", "official-policy")) == set()
    kept = {document["name"]: document["value"] for document in stored["t2"]["osml"]["kept"]}
    assert (kept["_id"], kept["_routing"], kept["_index"], kept["_foo"]) == ("k1", "elsewhere", "other", 1)
    assert stored["t2"]["title"] == "42"


def test_a_title_is_embedded_and_searched_before_the_text(shelf: Shelf) -> None:
    before = len(Recorded.bodies)
    shelf.load(
        [
            {"id": "w1", "title": "Running marathons", "text": "Shoes matter."},
            {"id": "w2", "title": "Shoes", "text": "Shoes matter."},
            {"id": "w3", "text": "A lone \ud83d.", "deep": {"a": 1}},
            {"id": "w4", "title": "Half a \ud83d", "text": "A pair.", "a.b": 1},
        ]
    )
    embedded = {text for body in Recorded.bodies[before:] for text in body}
    assert embedded == {
        "Running marathons Shoes matter.", "Shoes Shoes matter.", "A lone \ufffd.", "Half a \ufffd A pair."
    }  # fmt: skip
    stored = shelf.stored()
    assert [stored[f"w{n}"]["text"] for n in range(1, 5)] == [
        "Shoes matter.", "Shoes matter.", "A lone \ufffd.", "A pair."
    ]  # fmt: skip
    assert stored["w1"]["osml"].keys() == {"loaded"}
    assert not any("_text" in document or "apart" in document.get("osml", {}) for document in stored.values())
    query = {"match": {WORDS: {"query": "run a marathon in shoes", "operator": "and"}}}
    hits = shelf.engine.client().post(f"/{shelf.name}/_search", {"query": query})["hits"]["hits"]
    assert [hit["_id"] for hit in hits] == ["w1"]
    shelf.engine.client().post(
        f"/{shelf.name}/_delete_by_query?refresh=true", {"query": {"ids": {"values": ["w1", "w2", "w3", "w4"]}}}
    )


def test_names_that_the_engine_stumbles_over_are_kept(shelf: Shelf) -> None:
    stored = shelf.stored()
    kept = {document["name"]: document["value"] for document in stored["t3"]["osml"]["kept"]}
    wanted = {"": 0, " ": 1, "a.b": 2, "..": 3, ".c": 4, "text.x": 5, "id.x": 6, "osml.labels": 7, "title": ["a", "b"]}
    assert kept == wanted
    assert stored["t4"]["osml"]["kept"] == [{"name": "a.b", "value": 2}]
    for name in ("deep", "a", "n", "people"):
        assert stored["t4"][name] == next(row for row in ROWS if row["id"] == "t4")[name]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ([("user", "U12345-1")], {"k1"}),
        ([("level", "release")], set()),
        ([("level", "RELEASE")], {"k3"}),
        ([("level", "not for release")], {"k1"}),
        ([("tags", "blue")], {"k1"}),
        ([("tags", "blue"), ("tags", "green")], {"k1", "k2"}),
        ([("year", "2024")], {"k2", "k3"}),
        ([("year", "2024.0")], {"k2", "k3"}),
        ([("year", "2020")], {"d4"}),
        ([("year", "24")], set()),
        ([("year", "2024"), ("tags", "green")], {"k2"}),
        ([("meta.lang", "de")], {"k3"}),
        ([("meta", "none")], {"d2"}),
        ([("valid_until", "2026-03-31")], {"d1"}),
        ([("valid_until", "2026-10-31")], {"d3"}),
        ([("valid_until", "2026")], {"d1", "d3"}),
        ([("valid_until", "until further notice")], {"d2"}),
        ([("valid_until", "31.12.2026")], {"d4"}),
        ([("active", "true")], {"d1"}),
        ([("active", "false")], {"d3"}),
        ([("active", "perhaps")], {"d2"}),
        ([("price", "199")], {"d1"}),
        ([("price", "n/a")], {"d2"}),
        ([("price.eur", "249.5")], {"d3"}),
        ([("price.eur", "249.50")], {"d3"}),
        ([("team", "north")], {"k2"}),
        ([("people.name", "Ann")], {"t4"}),
        ([("people.name", "Ann"), ("people.age", "50")], {"t4"}),
        ([("more", "0.0000001")], {"n1"}),
        ([("id", "k1")], {"k1"}),
        ([("document", "k2")], {"k2"}),
        ([("_routing", "elsewhere")], {"t2"}),
        ([("text.x", "5")], {"t3"}),
        ([("nothing", "x")], set()),
    ],
)
def test_a_filter_compares_whole_values(shelf: Shelf, filters: list[tuple[str, str]], ids: set[str]) -> None:
    assert shelf.matching(*filters) == ids


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"year": {"gte": 2023, "lte": 2023}}, {"k1"}),
        ({"year": {"gte": 2024}}, {"k2", "k3"}),
        ({"valid_until": {"gte": "2026-04"}}, {"d3"}),
        ({"valid_until": {"lte": "2026-03"}}, {"d1"}),
        ({"team": ["north", "south"], "year": {"gte": 2024}}, {"k2"}),
        ({"active": True}, {"d1"}),
        ({"meta.lang": "de"}, {"k3"}),
        ({"year": 2024, "user": "U777"}, {"k3"}),
    ],
)
def test_a_question_of_the_api_filters_by_values_and_ranges(
    shelf: Shelf, fields: dict[str, Any], ids: set[str]
) -> None:
    assert shelf.found_by_api(fields) == ids


def test_an_unknown_field_is_named(shelf: Shelf) -> None:
    filters = [("user", "nobody"), ("usr", "x"), ("title", "x"), ("id", "x")]
    body = names_asked(filters, "text")
    missing, some = unknown(filters, "text", shelf.engine.client().post(f"/{shelf.name}/_search", body))
    assert missing == ["usr"]
    assert "level" in some
    assert names_asked([("title", "x")], "text") is None


def test_a_declared_field_is_compared_by_its_type(shelf: Shelf) -> None:
    query = {"bool": {"filter": [{"range": {"year": {"gt": 2022, "lt": 2024}}}]}}
    hits = shelf.engine.client().post(f"/{shelf.name}/_search", {"query": query})["hits"]["hits"]
    assert [hit["_id"] for hit in hits] == ["k1"]


def test_any_fields_pass(empty: Shelf) -> None:
    """The names and values are drawn from what engines fail on, and are the same in each run."""
    chance = random.Random(7)  # noqa: S311 not cryptography
    names = [
        "",
        " ",
        ".",
        "a",
        "a.b",
        "a..b",
        "_id",
        "_source",
        "title",
        "document",
        "embedding",
        "osml",
        "year",
        "active",
    ]
    names += [
        "text.x",
        "x" * 600,
        "valid_until",
        "id.a",
        "{{a}}",
        "${parameters.x}",
        "\ud800",
        "null",
        "team",
        "osml.kept",
    ]

    def value(depth: int) -> Any:
        leaf = [None, True, 0, -1.5, "", "x", float("nan"), 10**400, "2026-01-01", *TEXTS]
        if depth > 3 or chance.random() < 0.5:
            return chance.choice(leaf)
        if chance.random() < 0.5:
            return [value(depth + 1) for _ in range(chance.randint(0, 3))]
        return {chance.choice(names): value(depth + 1) for _ in range(chance.randint(0, 3))}

    deep: Any = 1
    for _ in range(200):
        deep = {"a": [deep]}
    rows = [
        {chance.choice(names): value(0) for _ in range(chance.randint(1, 8))} | {"id": f"drawn{number}"}
        for number in range(150)
    ]
    rows.append({"id": "drawn-deep", "deep": deep, **{f"column {number}": number for number in range(2500)}})
    assert len(empty.load(rows)) == len(rows)


def test_groups_and_loader_pass_the_pipeline_unchanged(empty: Shelf) -> None:
    """With and without other fields; a row's own claim about access is plain data."""
    rows: list[dict[str, Any]] = [{"id": "g1"}, {"id": "g2", "year": 2024, "osml": {"access": {"groups": ["mine"]}}}]
    lines = "".join(json.dumps({"text": "Text.", **row}) + "\n" for row in rows)
    documents = list(read(io.BytesIO(lines.encode()), "a.ndjson", Reading("text")))
    groups = ["hr", "board of directors"]
    for item in documents:
        assert isinstance(item, Document)
        empty.bulk.send([empty.bulk.encode(replace(item, source=with_access(item.source, groups, "ada", "editor")))])
    client = empty.engine.client()
    client.post(f"/{empty.name}/_refresh")
    for id in ("g1", "g2"):
        assert empty.stored()[id]["osml"]["access"] == {"groups": groups, "loader": "ada", "role": "editor"}
    assert empty.matching(("osml.access", "x"), ("year", "2024")) == set()

    def ids(query: dict[str, Any]) -> set[str]:
        hits = client.post(f"/{empty.name}/_search", {"query": query, "size": 100})["hits"]["hits"]
        return {hit["_id"] for hit in hits}

    assert ids({"terms": {GROUPS: ["board of directors"]}}) == {"g1", "g2"}
    assert ids({"term": {LOADER: "ada"}}) == {"g1", "g2"}
    assert ids({"term": {GROUPS: "mine"}}) == ids({"term": {GROUPS: "board"}}) == set()
    for id in ("g1", "g2"):
        client.delete(f"/{empty.name}/_doc/{id}?refresh=true")


def test_documents_written_without_osml_are_cleaned_by_the_pipeline(empty: Shelf) -> None:
    foreign = {"text": "written by hand", "year": {"no": "number"}, "active": "maybe", "a..b": 1, "title": {"x": 1}}
    foreign |= {"": 2, "id": 5, "osml": "mine", "_source": 3}
    empty.engine.client().put(f"/{empty.name}/_doc/foreign?refresh=true", foreign)
    source = empty.stored()["foreign"]
    kept = {field["name"]: field["value"] for field in source["osml"]["kept"]}
    assert kept == {
        "osml": "mine",
        "year": {"no": "number"},
        "active": "maybe",
        "a..b": 1,
        "title": {"x": 1},
        "": 2,
        "_source": 3,
    }
    assert source["id"] == "5"


def test_an_index_of_the_older_kind_is_carried_over(empty: Shelf) -> None:
    """An index as earlier deploys made it: each field has the type of its first value."""
    engine, alias = empty.engine, f"{empty.engine.stack}-carried"
    old = {"settings": {"index": {"knn": True}}, "mappings": {"properties": EMBEDDED}}
    engine.apply("Index", {"name": f"{alias}-old", "body": old}, owner=engine.owner("Old"))
    engine.apply("Alias", {"name": alias, "index": f"{alias}-old"}, owner=engine.owner("Alias"))
    people = [{"name": "Ann", "age": 40}, {"name": "Bob", "age": 50}]
    rows: dict[str, dict[str, Any]] = {
        "o1": {"user": "U1", "year": 2023, "active": "perhaps", "people": people},
        "o2": {"user": "U2", "year": 2024, "active": "true", "a.b": 1, "team": {"name": "x"}, "title": "A title"},
    }
    for id, row in rows.items():
        document = {"id": id, "document": id, "text": f"Text of {id}", "embedding": [1.0] * DIMENSION, **row}
        engine.client().put(f"/{alias}/_doc/{id}", document)
    engine.apply("Index", {"name": f"{alias}-new", "body": empty.body}, owner=engine.owner("New"))
    engine.apply("Alias", {"name": alias, "index": f"{alias}-new"}, alias, owner=engine.owner("Alias"))
    carried = Shelf(engine, alias, empty.bulk, empty.body)
    stored = carried.stored()
    assert set(stored) == set(rows)
    assert stored["o1"]["people"] == people
    assert stored["o1"]["embedding"] == pytest.approx(vector("Text of o1"))
    assert carried.matching(("user", "U1")) == carried.matching(("active", "perhaps")) == {"o1"}
    assert (
        carried.matching(("year", "2024.0"))
        == carried.matching(("a.b", "1"))
        == carried.matching(("title", "title"))
        == {"o2"}
    )
