"""What an earlier load made of documents, and a later one did not replace: parts of a text that has become shorter."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpus.destination import Stopped
from corpus.load import ATTEMPTS
from osml.domain import Domain
from osml.failure import Failure
from osml.repetition import pause

# For a moment, while another generation of the index takes its place (docs/decisions/0013).
_BLOCKED = "blocked by"


@dataclass(frozen=True)
class Leftovers:
    """Those in the alias `index` of a domain."""

    domain: Domain
    index: str

    def remove(self, documents: Mapping[str, Sequence[str]]) -> int:
        """Leave nothing of these documents, by id, but the parts with these ids; says how many others there were.

        The index holds the id of its document in each part. Raises Stopped when the domain cannot do it.
        """
        kept = [part for parts in documents.values() for part in parts]
        of_these = {"terms": {"document": list(documents)}}
        query = {"bool": {"filter": [of_these], "must_not": [{"ids": {"values": kept}}]}}
        for attempt in range(1, ATTEMPTS):
            try:
                return self._removed(query)
            except Failure as failure:
                if _BLOCKED not in str(failure):
                    raise Stopped(str(failure)) from None
            time.sleep(pause(attempt))
        raise Stopped(f"The index {self.index} takes no deletes; is it being replaced by another one?")

    def _removed(self, query: object) -> int:
        """A part that is replaced at the same time, by another load, stays."""
        path, asked = f"/{self.index}/_delete_by_query", {"conflicts": "proceed"}
        answer = self.domain.patiently("POST", path, params=asked, json={"query": query})
        if answer.get("failures"):
            raise Failure(f"POST {path} failed for some: {answer['failures'][0]}")
        return int(answer["deleted"])
