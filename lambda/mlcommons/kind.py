"""What a kind is: its specification and its verbs. All policy is in `mlcommons.kernel`."""

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
    """An object as the server shows it: its id, whose mark it carries, its body, the digest in its mark."""

    physical_id: str
    owner: Owner | None
    body: Any
    digest: str | None = None


class Kind(ABC, Generic[S]):
    """One kind of object. `name` is its noun; a change of a field in `replace_on` asks for a new object.

    The verbs speak to the server and decide nothing: they return what they saw or raise `ProvisioningError`.
    """

    name: ClassVar[str]
    spec_type: type[S]
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def parse(self, spec: Any) -> S:
        """Build the specification from JSON; raises `InvalidSpec`."""
        return parse(self.spec_type, spec, f"the {self.name} spec")

    @abstractmethod
    def could_be(self, physical_id: str, owner: Owner) -> bool:
        """Tell whether an id has the form of this kind's ids; others are never sent to the server."""

    @abstractmethod
    def find(self, client: Client, spec: S, owner: Owner) -> Observed | None:
        """Look for the object without its id: by its owner's mark or by its name."""

    @abstractmethod
    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        """Return the object, or None when it is missing."""

    @abstractmethod
    def changes(self, observed: Observed, spec: S) -> Collection[str]:
        """Name the fields in which the object differs from the specification, the server's defaults aside."""

    @abstractmethod
    def create(self, client: Client, spec: S, owner: Owner) -> str:
        """Make the object, marked, and return its id."""

    def update(self, client: Client, observed: Observed, spec: S, owner: Owner) -> None:
        """Bring the object to its specification in place."""
        raise TypeError(f"{self.name} is replaced, never updated")

    def adopt(self, client: Client, found: Observed, spec: S) -> None:
        """Bring up to date what cannot be compared, in an object that was made before and is taken over."""
        return

    @abstractmethod
    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        """Remove the object; returns a note when more is to be said than that it is gone."""

    def check(self, client: Client, spec: S) -> None:
        """Verify, before anything is written, what the server does not."""
        return

    def ready(self, client: Client, physical_id: str, spec: S, seen: Observed | None = None) -> None:
        """Return when the object does its work; raises `Unready` and what the work itself raises.

        `seen` is the object if it has just been read.
        """
        return

    def restore(self, client: Client, before: Observed) -> None:
        """Undo an update that left the object without its work."""
        return
