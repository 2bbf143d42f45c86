"""The stand-in for a model that writes OpenSearch queries for the QueryPlanningTool of ml-commons.

The query searches the index's first vector field for the question, or its text fields if it has no vector field.
Conditions in the question become a filter.
"""

import json
import re
from typing import Any

from sandbox.models.conditions import conditions

_ASKED = re.compile(r"\A(?P<question>.*?)\nMapping: ?(?P<mapping>[^\n]*)\n", re.DOTALL)
_SIZE, _NEAREST = 10, 100


def planned(text: str) -> str | None:
    """The query, as JSON, for a text that contains a question and the mapping of an index; None for any other text."""
    prompt = _ASKED.match(text)
    properties = _properties(prompt["mapping"]) if prompt else None
    if prompt is None or properties is None:
        return None
    question, types = prompt["question"].strip(), {name: str(field.get("type")) for name, field in properties.items()}
    vectors, texts = ([name for name, type in types.items() if type == wanted] for wanted in ("knn_vector", "text"))
    words: dict[str, Any] = {"multi_match": {"query": question, "fields": texts or ["*"]}}
    if vectors:
        words = {"neural": {vectors[0]: {"query_text": question, "k": _NEAREST}}}
    filters = [
        {"range" if isinstance(value, dict) else "term": {name: value}}
        for name, value in conditions(question, types).items()
    ]
    query = {"bool": {"must": [words], "filter": filters}} if filters else words
    return json.dumps({"size": _SIZE, "query": query, "_source": {"excludes": vectors}})


def _properties(mapping: str) -> dict[str, dict[str, Any]] | None:
    """The fields of a mapping, which the engine may write as JSON within a JSON string; None if it cannot be read."""
    try:
        read = json.loads(mapping)
        read = json.loads(read) if isinstance(read, str) else read
        fields: dict[str, dict[str, Any]] = read.get("_doc", read)["properties"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return fields
