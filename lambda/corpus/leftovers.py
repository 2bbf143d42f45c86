"""Removes what an index should no longer have of documents: chunks of an earlier version, or all chunks."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from corpus.destination import Stopped
from corpus.load import ATTEMPTS, BACKOFF

# The greatest number of hits of one search (index.max_result_window).
MOST = 10_000

Ask = Callable[[str, Mapping[str, str], str], Any]
"""POSTs a body to a path with parameters until the engine accepts it; returns the JSON answer, or raises Stopped.

The body is JSON, or lines of JSON for `_bulk`.
"""


@dataclass(frozen=True)
class Leftovers:
    """The leftovers in the alias `index`; with `source`, only those of documents that were loaded from that source."""

    ask: Ask
    index: str
    source: str | None = None

    def remove(self, documents: Mapping[str, Sequence[str]]) -> int:
        """Remove the chunks of these documents except those listed (document id → chunk ids); returns the number.

        Chunks are removed only if a load makes their id: the document's id, or that id with `#` and a number. Raises
        Stopped when the engine fails.
        """
        kept = [part for parts in documents.values() for part in parts]
        wanted: list[Any] = [{"terms": {"document": list(documents)}}]
        if self.source is not None:
            wanted.append({"term": {"osml.source": self.source}})
        body = {
            "query": {"bool": {"filter": wanted, "must_not": [{"ids": {"values": kept}}]}},
            "size": MOST,
            "_source": ["document"],
            "seq_no_primary_term": True,
        }
        removed = 0
        try:
            while True:
                parameters = {"search_pipeline": "_none"}
                hits = self.ask(f"/{self.index}/_search", parameters, json.dumps(body))["hits"]["hits"]
                parts = [hit for hit in hits if _is_made_of(hit["_id"], hit["_source"]["document"])]
                removed += self._delete(parts) if parts else 0
                if len(hits) < MOST or not parts:
                    return removed
                self.ask(f"/{self.index}/_refresh", {}, "")
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise Stopped(
                f"Removing leftover chunks from the index {self.index} got an answer that is not OpenSearch's "
                f"({type(error).__name__}). Check whether another server has this address."
            ) from error

    def _delete(self, hits: Sequence[Any]) -> int:
        """Delete the versions that were found. A chunk that another load has replaced since then stays."""
        left = {
            hit["_id"]: json.dumps(
                {
                    "delete": {
                        "_index": self.index,
                        "_id": hit["_id"],
                        "if_seq_no": hit["_seq_no"],
                        "if_primary_term": hit["_primary_term"],
                    }
                }
            )
            for hit in hits
        }
        removed = 0
        for attempt in range(1, ATTEMPTS):
            lines = "".join(f"{line}\n" for line in left.values())
            answer = self.ask("/_bulk", {"require_alias": "true"}, lines)
            for item in answer["items"]:
                outcome = item["delete"]
                removed += outcome["status"] == HTTPStatus.OK
                if outcome["status"] in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                    del left[outcome["_id"]]
            if not left:
                return removed
            # The index is busy, or briefly blocked while another index version replaces it (docs/decisions/0013).
            time.sleep(BACKOFF.pause(attempt))
        raise Stopped(f"The index {self.index} refuses deletes. Check whether a deploy is replacing it.")


def _is_made_of(id: str, document: str) -> bool:
    """Whether a load makes this chunk id for the document; other writers may use any id."""
    return id == document or re.fullmatch(rf"{re.escape(document)}#\d+", id) is not None
