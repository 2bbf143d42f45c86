"""A kind: its specification and its verbs. All policy is in `mlcommons.kernel`."""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from mlcommons.client import Client
from mlcommons.owner import Owner
from mlcommons.spec import parse

S = TypeVar("S")


@dataclass(frozen=True)
class Observed:
    """An object as the server shows it: its id, the owner in its mark, its body, the digest in its mark."""

    physical_id: str
    owner: Owner | None
    body: Any
    digest: str | None = None


class Kind(ABC, Generic[S]):
    """One kind of object. `name` is its noun; a change of a field in `replace_on` needs a new object.

    The verbs only send requests to the server: they return what it shows, or raise `ProvisioningError`.
    """

    name: ClassVar[str]
    spec_type: type[S]
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def parse(self, spec: Any) -> S:
        """Build the specification from JSON; raises `InvalidSpec`."""
        return parse(self.spec_type, spec, f"the {self.name} spec")

    @abstractmethod
    def could_be(self, physical_id: str, owner: Owner) -> bool:
        """Whether an id has the form of this kind's ids; other ids are never sent to the server."""

    @abstractmethod
    def find(self, client: Client, spec: S, owner: Owner) -> Observed | None:
        """Search for the object without its id: by its owner's mark or by its name."""

    @abstractmethod
    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        """Return the object, or None if it is missing."""

    @abstractmethod
    def changes(self, observed: Observed, spec: S) -> Collection[str]:
        """Name the fields that differ between object and specification, except the server's defaults."""

    def excused(self, client: Client, observed: Observed, spec: S) -> Collection[str]:
        """Name the differing fields that are right at present; sends no request if no such field differs."""
        return ()

    @abstractmethod
    def create(self, client: Client, spec: S, owner: Owner) -> str:
        """Make the object, with the owner's mark, and return its id."""

    def update(self, client: Client, observed: Observed, spec: S, owner: Owner) -> None:
        """Bring the object to its specification in place."""
        raise TypeError(f"{self.name} is replaced, never updated")

    def adopt(self, client: Client, existing: Observed, spec: S) -> None:
        """Update the parts of an adopted object that cannot be compared."""
        return

    def release(self, client: Client, observed: Observed, spec: S) -> None:
        """Remove the owner's mark, and all that needs other objects of the stack, from an object that others made."""
        raise TypeError(f"{self.name} is never adopted from others")

    @abstractmethod
    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        """Remove the object; returns a note if anything unusual happened, otherwise an empty text."""

    def check(self, client: Client, spec: S) -> None:
        """Before any write, check what the server does not check."""
        return

    def ready(self, client: Client, physical_id: str, spec: S, seen: Observed | None = None) -> None:
        """Return when the object works; raises `Unready`, and any error of the probe.

        `seen` is the object if it has just been read.
        """
        return

    def restore(self, client: Client, before: Observed) -> None:
        """Undo an update after which the object does not work."""
        return


def differing(kind: Kind[S], client: Client, observed: Observed, spec: S) -> set[str]:
    """The fields that a deploy has to change."""
    changes = set(kind.changes(observed, spec))
    return changes - set(kind.excused(client, observed, spec)) if changes else changes
