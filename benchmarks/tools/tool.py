"""What a tool can be asked for."""

from typing import Protocol

from benchmarks.reference_set import ReferenceSet


class Unable(Exception):
    """The tool cannot do this, or the engine refused it: the sentence says which."""


class Tool(Protocol):
    """Every verb raises `Unable`; `requests` counts what was sent to the engine since the tool was made."""

    name: str

    @property
    def requests(self) -> int: ...

    def create(self, wanted: ReferenceSet) -> None:
        """Make the set, and see both models answer."""

    def again(self, wanted: ReferenceSet) -> None:
        """Find out that the set is as wanted."""

    def change(self, wanted: ReferenceSet) -> None:
        """Give the answer model the connector of the changed set, see it answer, remove the old connector."""

    def remove(self, wanted: ReferenceSet) -> None:
        """Remove the set, changed or not."""
