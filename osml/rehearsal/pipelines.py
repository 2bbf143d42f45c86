"""Every ingest and search pipeline exists and is unchanged."""

from typing import Any

from calls.count_of import count_of
from osml.doctor.checks.context import Context
from osml.rehearsal.difference import differences
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared

PATHS = {"ingest pipeline": "/_ingest/pipeline", "search pipeline": "/_search/pipeline"}


def look(context: Context, _: RehearsalQuestions) -> dict[str, dict[str, Any]]:
    """The pipelines by kind and name."""
    return {kind: context.domain.json("GET", path) for kind, path in PATHS.items()}


def compare(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Comparison:
    faults = [fault for kind in PATHS for fault in differences(before[kind], after[kind], kind)]
    return compared(" and ".join(count_of(len(after[kind]), kind) for kind in PATHS), faults)
