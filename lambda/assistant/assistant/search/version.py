"""Versions of a document on a collection: the passages that one store call wrote of it.

A collection shows what was written only when it is refreshed, and so a new version next to the one before, or a part
of it. Each passage says when its version was `stored` (nanoseconds since the epoch, the same for all of a version)
and of how many `passages` it is; what says neither is a version of its own, older than all others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STORED, PASSAGES = "stored", "passages"
# More of one document are not told apart; the older ones are seen when the newer are gone.
_MOST = 100


@dataclass(frozen=True)
class Version:
    """`seen` passages of a version, found in `bucket` of the aggregation; `whole` if none is missing."""

    stored: int
    seen: int
    whole: bool
    bucket: Mapping[str, Any]


def aggregation(**more: Any) -> dict[str, Any]:
    """Splits passages of a document by version; `more` are aggregations within each."""
    by_time = {"field": STORED, "missing": 0, "size": _MOST, "order": {"_key": "desc"}}
    return {"terms": by_time, "aggs": {PASSAGES: {"max": {"field": PASSAGES}}, **more}}


def versions(answer: Mapping[str, Any]) -> list[Version]:
    """The versions that the aggregation has found."""
    return [
        Version(one["key"], one["doc_count"], one["doc_count"] >= (one[PASSAGES]["value"] or 0), one)
        for one in answer["buckets"]
    ]


def current(found: Iterable[Version]) -> Version:
    """The newest that is whole; only where none is, the newest."""
    return max(found, key=lambda one: (one.whole, one.stored))


def stored(hit: Mapping[str, Any]) -> int:
    """When the version of a hit was stored."""
    return int(hit["_source"].get(STORED, 0))
