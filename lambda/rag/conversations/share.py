"""Links to conversations. They are stored with the conversations, with `SHARED` instead of a caller's digest."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from rag.budget import Budget
from rag.failures import Absent

# Stored instead of a caller's digest. No digest is equal to it, because digests have only hexadecimal digits.
SHARED = "shared"
NO_CURSOR = "`after` is not a cursor of this list of links; leave it out to begin at the first page."
_PREFIX = "shared-"


@dataclass(frozen=True)
class Share:
    """A link `id` to the first `number` turns of a `conversation` of the `caller`, whose displayed name is `name`.

    Members of the `groups` can open it; without groups, everybody can. It is valid from `made` until `until`, both in
    seconds since 1970.
    """

    id: str
    caller: str
    name: str
    conversation: str
    number: int
    title: str
    groups: tuple[str, ...]
    made: int
    until: int

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Share":
        """The link that `as_json` wrote."""
        return cls(**{**stored, "groups": tuple(stored["groups"])})

    @property
    def as_json(self) -> dict[str, Any]:
        """The link as JSON, for a store."""
        return {**asdict(self), "groups": list(self.groups)}


class Shares(Protocol):
    """A store of links, which removes them after `until`. Every method may raise `RagFailure`."""

    def put(self, share: Share, budget: Budget) -> None:
        """Store a new link."""

    def read(self, id: str, budget: Budget) -> Share:
        """The link; raises `Absent` if it does not exist or has expired."""

    def remove(self, id: str, budget: Budget) -> None:
        """Remove the link; does nothing if it does not exist."""

    def listed(
        self, caller: str | None, size: int, after: str | None, budget: Budget
    ) -> tuple[list[Share], str | None]:
        """A page of the links of `caller`, or of all callers if it is None, and the cursor of the next page, or None.

        A page may have fewer than `size` links.
        """


def new_id() -> str:
    """A new id for a link, which nobody can guess."""
    return secrets.token_hex(16)


def key_of(id: str) -> str:
    """The key of a link in the store; no conversation has such a key."""
    return _PREFIX + id


def no_link() -> Absent:
    """The error for a link that does not exist, has expired, or is not for the reader; it is the same for all three."""
    return Absent("You cannot open this link: it has expired, was removed, is not for you, or its address is wrong.")
