"""Leftover chunks: those of an earlier, longer version of a document that a later load did not replace."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from corpus.bulk import CONTENT_TYPE
from corpus.destination import Stopped
from corpus.load import ATTEMPTS, BACKOFF
from osml.failure import Failure
from osml.remote.domain import Domain, legible

# The greatest number of hits of one search (index.max_result_window).
MOST = 10_000


@dataclass(frozen=True)
class Leftovers:
    """The leftover chunks in the alias `index` of a domain."""

    domain: Domain
    index: str

    def remove(self, documents: Mapping[str, Sequence[str]]) -> int:
        """Remove all chunks of these documents, by id, except the chunks with these ids; returns the number removed.

        Only ids that a load makes count: the document's id, or that id with `#` and a number. Raises Stopped when the
        domain fails.
        """
        kept = [part for parts in documents.values() for part in parts]
        of_these = {"terms": {"document": list(documents)}}
        body = {
            "query": {"bool": {"filter": [of_these], "must_not": [{"ids": {"values": kept}}]}},
            "size": MOST,
            "_source": ["document"],
            "seq_no_primary_term": True,
        }
        removed = 0
        try:
            with legible(f"Removing leftover chunks from the index {self.index}"):
                while True:
                    path, query = f"/{self.index}/_search", {"search_pipeline": "_none"}
                    hits = self.domain.patiently("POST", path, params=query, json=body)["hits"]["hits"]
                    parts = [hit for hit in hits if _is_made_of(hit["_id"], hit["_source"]["document"])]
                    removed += self._delete(parts) if parts else 0
                    if len(hits) < MOST or not parts:
                        return removed
                    self.domain.patiently("POST", f"/{self.index}/_refresh")
        except Failure as failure:
            raise Stopped(str(failure)) from None

    def _delete(self, hits: Sequence[Any]) -> int:
        """Delete the found versions; a chunk that another load has since replaced stays."""
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
            query, kind = {"require_alias": "true"}, {"content-type": CONTENT_TYPE}
            answer = self.domain.patiently("POST", "/_bulk", params=query, data=lines, headers=kind)
            for item in answer["items"]:
                outcome = item["delete"]
                removed += outcome["status"] == HTTPStatus.OK
                if outcome["status"] in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                    del left[outcome["_id"]]
            if not left:
                return removed
            # Busy, or blocked for a moment while another index version replaces it (docs/decisions/0013).
            time.sleep(BACKOFF.pause(attempt))
        raise Failure(f"The index {self.index} refuses deletes. Check whether a deploy is replacing it.")


def _is_made_of(id: str, document: str) -> bool:
    """Whether a load makes this id of the document; other writers may use any id."""
    return id == document or re.fullmatch(rf"{re.escape(document)}#\d+", id) is not None
