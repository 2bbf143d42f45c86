"""The first load of an index: it runs without refresh and with few replicas, and restores both at its end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from calls.count_of import count_of
from osml.failure import Failure
from osml.remote.domain import Domain

REFRESH, REPLICAS = "index.refresh_interval", "index.number_of_replicas"
NEVER = "-1"
# A domain's error when the copies of a shard cannot be spread evenly over its zones (AwarenessReplicaBalance).
UNEVEN = re.compile(r"expected (?:total|max) copies needs? to be a multiple of")


@dataclass(frozen=True)
class InitialLoad:
    """The settings of `index` on a domain; afterwards it has `replicas`, and refreshes by itself.

    `fewest` is the number of replicas during the load: with standby each zone keeps a copy.
    """

    domain: Domain
    index: str
    replicas: int
    fewest: int = 0

    @contextmanager
    def quiet(self, *, continues: bool) -> Iterator[None]:
        """Refresh is off and the index has the fewest replicas; both are restored at the end, or by `settle`.

        Raises Failure when the index contains documents, unless the load `continues` another: searches would miss new
        documents, and a lost node could lose documents.
        """
        count = self.held()
        if count and not continues:
            raise Failure(
                f"The index {self.index} already contains {count_of(count, 'document')}. --initial-load turns off "
                f"replicas and refresh during the load; it is only for an index that nobody searches yet. "
                "Load without it."
            )
        self._still()
        try:
            yield
        finally:
            try:
                self.settle()
            except Failure as failure:
                raise Failure(
                    f"{failure} The index {self.index} has no replicas and no refresh until an `osml ingest` succeeds."
                ) from None

    def settle(self) -> bool:
        """Restore replicas and refresh if they were off, and refresh the index; returns whether they were off."""
        self.domain.patiently("POST", f"/{self.index}/_refresh")
        indexes = self.domain.patiently("GET", f"/{self.index}/_settings", params={"flat_settings": "true"})
        taken = any(index["settings"].get(REFRESH) == NEVER for index in indexes.values())
        if taken:
            self._set(None, self.replicas)
        return taken

    def held(self) -> int:
        """The number of documents in the index, including those that no search has found yet."""
        self.domain.patiently("POST", f"/{self.index}/_refresh")
        return int(self.domain.patiently("GET", f"/{self.index}/_count")["count"])

    def _still(self) -> None:
        """Turn off refresh, and replicas unless the domain refuses: osml may not know the zones of an existing one."""
        try:
            self._set(NEVER, self.fewest)
        except Failure as failure:
            if not UNEVEN.search(str(failure)):
                raise
            self._set(NEVER, self.replicas)

    def _set(self, refresh: str | None, replicas: int) -> None:
        self.domain.patiently("PUT", f"/{self.index}/_settings", json={REFRESH: refresh, REPLICAS: replicas})
