"""An index that is filled for the first time: no copies and no refreshes meanwhile, afterwards as it was deployed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from osml.domain import Domain
from osml.failure import Failure

REFRESH, COPIES = "index.refresh_interval", "index.number_of_replicas"
NEVER = "-1"


@dataclass(frozen=True)
class InitialLoad:
    """The settings of `index` on a domain; afterwards it has `copies` of each shard, and refreshes by itself."""

    domain: Domain
    index: str
    copies: int

    @contextmanager
    def quiet(self, *, continues: bool) -> Iterator[None]:
        """Without copies and refreshes inside, however it ends; what a process did not live to undo `settle` undoes.

        Raises Failure when the index holds documents, unless the load `continues` another: who searches them would
        see no new ones, and would be left without copies.
        """
        count = self.held()
        if count and not continues:
            raise Failure(
                f"The index {self.index} holds {count} documents already; --initial-load takes its copies and its "
                "refreshes away meanwhile, and is for an index that nobody searches yet. Load without it."
            )
        self._set(NEVER, 0)
        try:
            yield
        finally:
            try:
                self.settle()
            except Failure as failure:
                raise Failure(
                    f"{failure} The index {self.index} has no copies and no refreshes until an `osml ingest` ends well."
                ) from None

    def settle(self) -> bool:
        """Give copies and refreshes back if they were taken away (then True), and make what was loaded found."""
        self.domain.patiently("POST", f"/{self.index}/_refresh")
        found = self.domain.patiently("GET", f"/{self.index}/_settings", params={"flat_settings": "true"})
        taken = any(one["settings"].get(REFRESH) == NEVER for one in found.values())
        if taken:
            self._set(None, self.copies)
        return taken

    def held(self) -> int:
        """How many documents the index holds, with those that no search can see yet."""
        self.domain.patiently("POST", f"/{self.index}/_refresh")
        return int(self.domain.patiently("GET", f"/{self.index}/_count")["count"])

    def _set(self, refresh: str | None, copies: int) -> None:
        self.domain.patiently("PUT", f"/{self.index}/_settings", json={REFRESH: refresh, COPIES: copies})
