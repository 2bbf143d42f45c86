"""`--filter` and `index.fields`: valid declarations, and the queries to the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.failures import Invalid
from rag.filter_models import FieldRange, Filters
from rag.search.field_filter import clauses, of_fields
from settings import SettingError, load
from settings.index import IndexSettings

LABEL = "osml.labels"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("U1", ["U1"]),
        ("2024.0", ["2024.0", "2024"]),
        ("1e3", ["1e3", "1000"]),
        ("0.50", ["0.50", "0.5"]),
        ("-0", ["-0", "0"]),
        ("NaN", ["NaN"]),
        ("1e999999999", ["1e999999999"]),
    ],
)
def test_a_value_is_compared_as_it_is_written_and_as_a_number(value: str, written: list[str]) -> None:
    [clause] = clauses([("f", value)], {}, "text")
    assert clause["bool"]["should"] == [{"terms": {LABEL: [f"f={item}" for item in written]}}]


@pytest.mark.parametrize(
    ("type", "value", "typed"),
    [
        ("keyword", "a b", {"term": {"f": "a b"}}),
        ("number", "1e3", {"term": {"f": 1000.0}}),
        ("number", "many", None),
        ("boolean", "true", {"term": {"f": True}}),
        ("boolean", "yes", None),
        ("date", "2026", {"range": {"f": {"gte": "2026||/y", "lte": "2026||/y"}}}),
        ("date", "2026-03", {"range": {"f": {"gte": "2026-03||/M", "lte": "2026-03||/M"}}}),
        ("date", "2026-03-31", {"range": {"f": {"gte": "2026-03-31||/d", "lte": "2026-03-31||/d"}}}),
        (
            "date",
            "2026-03-31T10:00:00Z",
            {"range": {"f": {"gte": "2026-03-31T10:00:00Z", "lte": "2026-03-31T10:00:00Z"}}},
        ),
        ("date", "31.12.2026", None),
    ],
)
def test_a_declared_field_is_also_compared_by_its_type(type: str, value: str, typed: object) -> None:
    [clause] = clauses([("f", value)], {"f": type}, "text")
    assert clause["bool"]["should"][1:] == ([typed] if typed else [])


@pytest.mark.parametrize(
    ("type", "wanted", "bounds"),
    [
        ("number", {"gte": 2, "lte": 2.5}, {"gte": 2, "lte": 2.5}),
        ("number", {"lte": -1}, {"lte": -1}),
        ("date", {"gte": "2023", "lte": "2026-03"}, {"gte": "2023||/y", "lte": "2026-03||/M"}),
        ("date", {"gte": "2026-03-31T10:00:00Z"}, {"gte": "2026-03-31T10:00:00Z"}),
    ],
)
def test_a_range_of_a_declared_field(type: str, wanted: dict[str, Any], bounds: dict[str, Any]) -> None:
    assert of_fields({"f": FieldRange(**wanted)}, {"f": type}, "text") == [{"range": {"f": bounds}}]


@pytest.mark.parametrize(
    ("type", "wanted"),
    [
        (None, {"gte": 2}),
        ("keyword", {"gte": "a"}),
        ("boolean", {"gte": 1}),
        ("number", {}),
        ("number", {"gte": "2"}),
        ("number", {"gte": 1, "lte": "2"}),
        ("date", {"gte": 2023}),
        ("date", {"gte": "yesterday"}),
    ],
)
def test_a_range_of_another_field_is_refused(type: str | None, wanted: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"The filter f is a range\. For a range, index\.fields must declare"):
        of_fields({"f": FieldRange(**wanted)}, {"f": type} if type else {}, "text")


def test_values_of_the_api_are_those_of_the_command_line() -> None:
    fields = Filters.model_validate({"fields": {"year": [2023, 2024.0], "live": True, "team": "a"}}).fields
    assert fields is not None
    written = [("year", "2023"), ("year", "2024.0"), ("live", "true"), ("team", "a")]
    types = {"year": "number", "live": "boolean"}
    assert of_fields(fields, types, "text") == clauses(written, types, "text")


def test_our_own_fields_and_an_older_index() -> None:
    filters = [("id", "a"), ("id", "b"), ("title", "A title")]
    ids, title = clauses(filters, {}, "text")
    assert ids["bool"]["should"] == [{"term": {"id": "a"}}, {"term": {"id": "b"}}]
    assert title["bool"]["should"] == [{"match_phrase": {"title": "A title"}}]
    [older] = clauses([("user", "U1")], None, "text")
    assert older["bool"]["should"] == [{"match_phrase": {"user": "U1"}}]


@pytest.mark.parametrize("name", ["id", "document", "title", "osml", "text", "embedding", "word_weights"])
def test_a_field_of_ours_cannot_be_declared(name: str) -> None:
    with pytest.raises(ValueError, match=f"fields names '{name}', which is a field that the index already has"):
        IndexSettings(fields={name: "keyword"})


@pytest.mark.parametrize("fields", [{"a.b": "number"}, {"_id": "number"}, {"": "number"}, {"year": "integer"}])
def test_a_declared_field_has_a_plain_name_and_a_known_type(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="fields"):
        IndexSettings.model_validate({"fields": fields})


def test_a_collection_keeps_no_other_field(tmp_path: Path) -> None:
    environment = {
        "recipe": "serverless",
        "search": {"kind": "serverless"},
        "embedding": {"provider": "titan", "dimension": 512},
        "answer": {"provider": "bedrock", "region": "us-east-1"},
        "index": {"fields": {"year": "number"}},
    }
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(environment))
    with pytest.raises(SettingError, match=r"index\.fields names 'year', but on a collection"):
        load("other", tmp_path)
