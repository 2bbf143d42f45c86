"""The interface of a tool."""

from typing import Protocol

from benchmarks.reference_set import ReferenceSet


class Unable(Exception):
    """The tool cannot do this, or the engine refused it; the message says which."""


class Tool(Protocol):
    """A tool. Each verb may raise `Unable`; `requests` counts the requests to the engine since the tool was created."""

    name: str

    @property
    def requests(self) -> int: ...

    def create(self, wanted: ReferenceSet) -> None:
        """Create the set, and check that both models answer."""

    def again(self, wanted: ReferenceSet) -> None:
        """Check that the set is as wanted."""

    def change(self, wanted: ReferenceSet) -> None:
        """Give the answer model the changed set's connector, check that it answers, and remove the old connector."""

    def remove(self, wanted: ReferenceSet) -> None:
        """Remove the set, changed or not."""
