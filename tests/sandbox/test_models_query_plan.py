"""The stand-in expresses conditions of a question, as a filter of a search and as a query."""

import json
from typing import Any

import pytest

from sandbox.models.conditions import conditions
from sandbox.models.query_plan import planned
from sandbox.models.tool_use import calls

TYPES = {"series": "keyword", "depth": "number", "made": "date", "new_line": "keyword"}
MAPPING = {"properties": {"depth": {"type": "integer"}, "text": {"type": "text"}, "vector": {"type": "knn_vector"}}}


@pytest.mark.parametrize(
    ("question", "stated"),
    [
        ("Which pumps of the series Korvel have a depth of at least 300?", {"series": "Korvel", "depth": {"gte": 300}}),
        ("What was made after 2021-06-30?", {"made": {"gt": "2021-06-30"}}),
        ("What was made before 2021?", {}),
        ("Is a depth between 2.5 and 80 common?", {"depth": {"gte": 2.5, "lte": 80}}),
        ("Which have the depth 40, and the new line X-1?", {"depth": 40, "new_line": "X-1"}),
        ("What does depth mean?", {}),
        ("Which series over Korvel?", {}),
        ("How deep is the well?", {}),
    ],
)
def test_conditions_of_a_question(question: str, stated: dict[str, Any]) -> None:
    assert conditions(question, TYPES) == stated


def _schema(types: dict[str, str]) -> dict[str, Any]:
    listed = ", ".join(f"{name} ({type})" for name, type in types.items())
    return {"properties": {"fields": {"description": f"The fields are {listed}."}}}


def test_a_question_with_conditions_is_searched_once_with_them() -> None:
    request = "QUESTION: Which pumps have a depth under 50?\nNothing was found."
    [call] = calls(request, [], [], _schema(TYPES))
    assert call.arguments == {"query": "Which pumps have a depth under 50?", "fields": {"depth": {"lte": 50}}}
    assert calls(request, [""], [call.arguments], _schema(TYPES)) == []
    assert all("fields" not in other.arguments for other in calls(request, [], [], {}))


@pytest.mark.parametrize("written", [json.dumps(MAPPING), json.dumps(json.dumps({"_doc": MAPPING}))])
def test_a_question_with_a_mapping_becomes_a_query(written: str) -> None:
    query = json.loads(planned(f"Which depth under 50 is there?\nMapping: {written}\nQuery Fields: any") or "")
    nearest = {"neural": {"vector": {"query_text": "Which depth under 50 is there?", "k": 100}}}
    assert query["query"]["bool"] == {"must": [nearest], "filter": [{"range": {"depth": {"lt": 50}}}]}
    assert query["_source"] == {"excludes": ["vector"]}


@pytest.mark.parametrize("text", ["Which depth?", "Which depth?\nMapping: none\n", "Which?\nMapping: [1]\nTime: now"])
def test_other_texts_become_no_query(text: str) -> None:
    assert planned(text) is None
