"""Links to conversations, as they are stored: beside the conversations, as those of a caller who is nobody."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from rag.budget import Budget
from rag.failures import Absent

# In the place of a caller's digest, which has only hexadecimal digits.
SHARED = "shared"
NO_CURSOR = "`after` is not a cursor of this list of links; leave it out to begin at the first page."
_PREFIX = "shared-"


@dataclass(frozen=True)
class Share:
    """A link `id` to the first `number` turns of a `conversation` of the `caller`, whom others read as `name`.

    It is for members of the `groups`, for everybody if there are none, from `made` until `until`, both in seconds since
    1970.
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
        """What `as_json` has written."""
        return cls(**{**stored, "groups": tuple(stored["groups"])})

    @property
    def as_json(self) -> dict[str, Any]:
        """What is stored of it."""
        return {**asdict(self), "groups": list(self.groups)}


class Shares(Protocol):
    """A store of links, which forgets them after `until`. Every method may raise `RagFailure`."""

    def put(self, share: Share, budget: Budget) -> None:
        """Keep a new link."""

    def read(self, id: str, budget: Budget) -> Share:
        """The link; raises `Absent` if there is none, or it is over."""

    def remove(self, id: str, budget: Budget) -> None:
        """Forget it; also if it is not there."""

    def listed(
        self, caller: str | None, size: int, after: str | None, budget: Budget
    ) -> tuple[list[Share], str | None]:
        """A page of the links of the caller, or of all, and the cursor of the next one; a page may be shorter."""


def new_id() -> str:
    """The id of a link, which nobody guesses."""
    return secrets.token_hex(16)


def key_of(id: str) -> str:
    """Its key in the store, which no conversation has."""
    return _PREFIX + id


def no_link() -> Absent:
    """The error for a link that never was, is over, or is not for the reader; all look the same."""
    return Absent("You cannot open this link: it has expired, was removed, is not for you, or its address is wrong.")
