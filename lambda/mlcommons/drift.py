"""Whether an object matches its stack; status, doctor, deploy and the keeper all use this comparison."""

from dataclasses import dataclass
from typing import Any, Literal

from mlcommons.client import Client
from mlcommons.derived_vectors import BROKEN, WHY
from mlcommons.errors import PermissionMissing
from mlcommons.kind import differing
from mlcommons.owner import Owner
from mlcommons.watched import Watched

State = Literal["as deployed", "missing", "changed", "taken over", "not deployed", "not visible"]
DRIFTED: tuple[State, ...] = ("missing", "changed", "taken over")
# The kinds that only an administrator of the engine may read.
_OF_MASTERS = ("AuditLog", "Role", "RoleMapping")


@dataclass(frozen=True)
class Compared:
    """`fields` are the fields that differ, `owner` is that of the object's mark, `body` is the object in the engine.

    A model is "not deployed" if it is undeployed and nothing else differs: the engine may deploy it by itself on the
    next call.
    """

    watched: Watched
    state: State
    fields: tuple[str, ...] = ()
    owner: Owner | None = None
    body: Any = None
    reason: str = ""

    @property
    def is_drift(self) -> bool:
        """Whether it differs from the deployed object, so that only a deploy restores it."""
        return self.state in DRIFTED

    @property
    def is_broken(self) -> bool:
        """Whether it is an index that the engine cannot read, although nobody has changed it."""
        return BROKEN in self.fields

    @property
    def difference(self) -> str:
        """The difference, in a few words."""
        return WHY if self.is_broken else f"{', '.join(self.fields)} by hand"

    @property
    def sentence(self) -> str:
        """The state in words, to follow the object's name."""
        return {
            "as deployed": "is as deployed",
            "missing": "is missing",
            "changed": f"differs from the deploy: {WHY if self.is_broken else ', '.join(self.fields)}",
            "taken over": f"belongs to {self.owner or 'no stack'}",
            "not deployed": "is not deployed",
            "not visible": f"is not visible: {self.reason}",
        }[self.state]


def compare(client: Client, watched: Watched) -> Compared:
    """Read the object and compare it; nothing is written. Raises `ProvisioningError` if it cannot be read.

    Without a specification, the result shows only whether the object is missing or belongs to somebody else.
    """
    try:
        observed = watched.verbs.read(client, watched.id, watched.owner)
    except PermissionMissing:
        if watched.kind not in _OF_MASTERS:
            raise
        return Compared(watched, "not visible", reason="only administrators of the engine may read it")
    if observed is None:
        return Compared(watched, "missing")
    if observed.owner != watched.owner:
        return Compared(watched, "taken over", owner=observed.owner, body=observed.body)
    fields = tuple(sorted(differing(watched.verbs, client, observed, watched.wanted))) if watched.spec else ()
    left = tuple(name for name in fields if name != "deployment")
    state: State = "changed" if left else "not deployed" if fields else "as deployed"
    return Compared(watched, state, left, observed.owner, observed.body)
