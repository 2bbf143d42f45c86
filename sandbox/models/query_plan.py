"""The stand-in for a model that writes queries of OpenSearch, as QueryPlanningTool of ml-commons asks for them.

The words of the question go to the field of vectors, or to the fields of text without one; conditions that the question
states become a filter.
"""

import json
import re
from typing import Any

from sandbox.models.conditions import conditions

_ASKED = re.compile(r"\A(?P<question>.*?)\nMapping: ?(?P<mapping>[^\n]*)\n", re.DOTALL)
_SIZE, _NEAREST = 10, 100


def planned(text: str) -> str | None:
    """The query for a question with the mapping of an index, as JSON; None for any other text."""
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
    """The fields of a mapping, which the engine writes as JSON in a JSON string."""
    try:
        read = json.loads(mapping)
        read = json.loads(read) if isinstance(read, str) else read
        fields: dict[str, dict[str, Any]] = read.get("_doc", read)["properties"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return fields
