"""What an earlier load made of documents, and a later one did not replace: parts of a text that has become shorter."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from corpus.bulk import CONTENT_TYPE
from corpus.destination import Stopped
from corpus.load import ATTEMPTS
from osml.domain import Domain, legible
from osml.failure import Failure
from osml.repetition import pause

# As many as one search gives (index.max_result_window).
MOST = 10_000


@dataclass(frozen=True)
class Leftovers:
    """Those in the alias `index` of a domain."""

    domain: Domain
    index: str

    def remove(self, documents: Mapping[str, Sequence[str]]) -> int:
        """Leave nothing of these documents, by id, but the parts with these ids; says how many others there were.

        Only what a load makes of a document counts: itself, or `#` and a number behind its id. Raises Stopped when the
        domain cannot do it.
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
            with legible(f"Removing what is left of documents in the index {self.index}"):
                while True:
                    path, asked = f"/{self.index}/_search", {"search_pipeline": "_none"}
                    found = self.domain.patiently("POST", path, params=asked, json=body)["hits"]["hits"]
                    parts = [hit for hit in found if _is_made_of(hit["_id"], hit["_source"]["document"])]
                    removed += self._delete(parts) if parts else 0
                    if len(found) < MOST or not parts:
                        return removed
                    self.domain.patiently("POST", f"/{self.index}/_refresh")
        except Failure as failure:
            raise Stopped(str(failure)) from None

    def _delete(self, hits: Sequence[Any]) -> int:
        """As they were found: one that another load has replaced meanwhile stays."""
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
            asked, kind = {"require_alias": "true"}, {"content-type": CONTENT_TYPE}
            answer = self.domain.patiently("POST", "/_bulk", params=asked, data=lines, headers=kind)
            for item in answer["items"]:
                outcome = item["delete"]
                removed += outcome["status"] == HTTPStatus.OK
                if outcome["status"] in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                    del left[outcome["_id"]]
            if not left:
                return removed
            # Busy, or blocked for the moment in which another generation takes its place (docs/decisions/0013).
            time.sleep(pause(attempt))
        raise Failure(f"The index {self.index} takes no deletes; is it being replaced by another one?")


def _is_made_of(id: str, document: str) -> bool:
    """Whether a load names it so; others may name documents as they like."""
    return id == document or re.fullmatch(rf"{re.escape(document)}#\d+", id) is not None
