"""Where documents go: the seam between loading and whatever takes a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from corpus.document import Document


class Verdict(Enum):
    """What became of one document of a batch."""

    CREATED = "created"
    UPDATED = "updated"
    STORED = "stored"  # new or replaced, the destination does not say which
    LATER = "later"  # refused for now: the same document may be taken a moment later
    FAILED = "failed"  # something broke: it may pass, and it may be the doing of one document of the batch
    REFUSED = "refused"


ARRIVED = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.STORED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict; the last three come with the destination's own words."""

    verdict: Verdict
    reason: str = ""


class Destination(Protocol):
    """One connection to where documents go; each thread makes its own."""

    most_bytes: int  # of one batch, encoded
    most_documents: int  # of one batch

    def encode(self, document: Document) -> bytes:
        """The document as it travels; needs no connection."""
        ...

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        """Sends encoded documents; gives one outcome each, in their order.

        Raises Busy when all of them are to be sent again later, TooLarge when the batch is to be sent in halves, and
        Stopped when nothing can be sent any more.
        """
        ...


class Busy(Exception):
    """Not now: `reason` in the destination's words, `wait` the seconds it asked for.

    `unsure` when nobody knows whether the batch arrived: a broken connection.
    """

    def __init__(self, reason: str, wait: float = 0.0, unsure: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.unsure = wait, unsure


class TooLarge(Exception):
    """More than the destination takes at once, in its own words."""


class Stopped(Exception):
    """Nothing more can be sent: one sentence that says what was tried, what came back, and what to do."""
