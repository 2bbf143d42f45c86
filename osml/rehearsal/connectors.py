"""Every connector exists and is unchanged."""

from typing import Any

from calls.count_of import count_of
from osml.doctor.checks.context import Context
from osml.rehearsal.difference import differences
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared
from osml.status.inventory import MOST


def look(context: Context, _: RehearsalQuestions) -> dict[str, Any]:
    """Connectors by id, without credentials, which the engine does not show."""
    response = context.domain.json(
        "POST", "/_plugins/_ml/connectors/_search", json={"query": {"match_all": {}}, "size": MOST}
    )
    return {hit["_id"]: hit["_source"] for hit in response["hits"]["hits"]}


def compare(before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    return compared(count_of(len(after), "connector"), differences(before, after, "connector"))
