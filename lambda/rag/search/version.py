"""Versions of a document on a collection: the passages that one store call wrote.

A collection shows writes only after a refresh. So a new version, or a part of it, may be visible together with the old
one. Each passage has the time when its version was `stored` (nanoseconds since 1970, the same for the whole version)
and the version's number of `passages`. Passages without these fields form a version that is older than all others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STORED, PASSAGES = "stored", "passages"
# The most versions of one document in a result; older ones appear when newer ones are removed.
_MOST = 100


@dataclass(frozen=True)
class Version:
    """A version: `seen` passages in `bucket` of the aggregation; `whole` if none is missing."""

    stored: int
    seen: int
    whole: bool
    bucket: Mapping[str, Any]


def aggregation(**more: Any) -> dict[str, Any]:
    """The aggregation of a document's passages by version; `more` are aggregations within each version."""
    by_time = {"field": STORED, "missing": 0, "size": _MOST, "order": {"_key": "desc"}}
    return {"terms": by_time, "aggs": {PASSAGES: {"max": {"field": PASSAGES}}, **more}}


def versions(answer: Mapping[str, Any]) -> list[Version]:
    """The versions in the aggregation's result."""
    return [
        Version(bucket["key"], bucket["doc_count"], bucket["doc_count"] >= (bucket[PASSAGES]["value"] or 0), bucket)
        for bucket in answer["buckets"]
    ]


def current(versions: Iterable[Version]) -> Version:
    """The newest whole version, or the newest if none is whole."""
    return max(versions, key=lambda version: (version.whole, version.stored))


def outdated(document: str, versions: Iterable[Version]) -> list[dict[str, Any]]:
    """A list with the clause for passages of a document's old versions; empty if there are none."""
    those = [*versions]
    others = [version.stored for version in those if version is not current(those)]
    clause = {"bool": {"filter": [{"term": {"document": document}}, {"terms": {STORED: others}}]}}
    return [clause] if others else []


def stored(hit: Mapping[str, Any]) -> int:
    """The time when the version of a hit was stored."""
    return int(hit["_source"].get(STORED, 0))
