"""Traces of X-Ray: what a call waited for, and for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# As X-Ray, and as W3C's `traceparent`, write it: the same 32 digits.
_ID = re.compile(r"(?:1-)?([0-9a-f]{8})-?([0-9a-f]{24})")


@dataclass(frozen=True)
class Span:
    """One part of a trace; `began` and `ended` are in seconds since 1970.

    parent: the id of the enclosing part; None if it is unknown.
    remote: whether the part is a call of another service.
    caller: the `traceparent` of the caller; None if it sent none.
    """

    id: str
    name: str
    began: float
    ended: float
    parent: str | None = None
    remote: bool = False
    fault: bool = False
    caller: str | None = None


@dataclass(frozen=True)
class Trace:
    """All parts of a trace, in the order of their beginnings."""

    id: str
    spans: tuple[Span, ...]

    @property
    def tree(self) -> Iterator[tuple[int, Span]]:
        """Each part with its depth, from 0. A part comes after the one that encloses it."""
        yield from self._below(None, 0)

    def _below(self, parent: str | None, depth: int) -> Iterator[tuple[int, Span]]:
        for span in self.spans:
            if span.parent == parent:
                yield depth, span
                yield from self._below(span.id, depth + 1)


def trace_id(text: str) -> str | None:
    """The id in X-Ray's form, from an id, a header `X-Amzn-Trace-Id` or a `traceparent`; None for any other text."""
    match = _ID.search(text.strip().lower())
    return f"1-{match[1]}-{match[2]}" if match else None


def read(client: Any, id: str) -> Trace | None:
    """The trace, None if X-Ray does not have it; `client` is boto3's of X-Ray. Raises botocore's errors."""
    pages = client.get_paginator("batch_get_traces").paginate(TraceIds=[id])
    documents = [
        json.loads(segment["Document"]) for page in pages for trace in page["Traces"] for segment in trace["Segments"]
    ]
    return trace_of(id, documents) if documents else None


def newest(client: Any, since: timedelta) -> str | None:
    """The id of the newest trace, None if none began within the last `since`. Raises botocore's errors."""
    now = datetime.now(UTC)
    pages = client.get_paginator("get_trace_summaries").paginate(StartTime=now - since, EndTime=now)
    # An id begins with the second of its trace.
    ids = sorted(summary["Id"] for page in pages for summary in page["TraceSummaries"])
    return ids[-1] if ids else None


def trace_of(id: str, documents: Sequence[Mapping[str, Any]]) -> Trace:
    """The trace in X-Ray's documents. A part is nested in its parent there, or names it."""
    spans = [span for document in documents for span in _spans(document, document.get("parent_id"))]
    known = {span.id for span in spans}
    placed = [span if span.parent in known else Span(**{**vars(span), "parent": None}) for span in spans]
    return Trace(id, tuple(sorted(placed, key=lambda span: span.began)))


def _spans(document: Mapping[str, Any], parent: str | None) -> Iterator[Span]:
    # Without an end it is still in progress.
    ended = float(document.get("end_time", document["start_time"]))
    yield Span(
        document["id"],
        str(document["name"]),
        float(document["start_time"]),
        ended,
        parent,
        document.get("namespace") in ("remote", "aws"),
        bool(document.get("fault") or document.get("error") or document.get("throttle")),
        document.get("annotations", {}).get("caller"),
    )
    for inner in document.get("subsegments", ()):
        yield from _spans(inner, document["id"])
