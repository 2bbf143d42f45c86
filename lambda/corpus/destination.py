"""Where documents go: the interface between a load and the API that takes a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from corpus.document import Document


class Verdict(Enum):
    """The result of one document of a batch."""

    CREATED = "created"
    UPDATED = "updated"
    STORED = "stored"  # new or replaced, the destination does not say which
    LATER = "later"  # refused at present: the same document may be accepted later
    STARTING = "starting"  # refused until the model that embeds has started, in some minutes
    FAILED = "failed"  # something failed: it may be temporary, and one document of the batch may be the reason
    REFUSED = "refused"


ARRIVED = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.STORED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict; the last four have the destination's text. `masked` is what the destination itself has masked."""

    verdict: Verdict
    reason: str = ""
    masked: int = 0


class Destination(Protocol):
    """One connection to the place where documents go; each thread makes its own."""

    most_bytes: int  # of one batch, encoded
    most_documents: int  # of one batch

    def encode(self, document: Document) -> bytes:
        """The document in the form of a request; needs no connection."""
        ...

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        """Sends encoded documents; gives one outcome each, in their order.

        Raises Busy if all of them must be sent again later, TooLarge if the batch must be sent in halves, and Stopped
        if nothing more can be sent.
        """
        ...


class Busy(Exception):
    """Not at present: `reason` is the destination's text, `wait` the seconds that it asked for.

    `unsure` if the batch may have arrived: the connection broke.
    """

    def __init__(self, reason: str, wait: float = 0.0, unsure: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.unsure = wait, unsure


class BatchTooLarge(Exception):
    """The batch is larger than the destination accepts, in its own words."""


class Stopped(Exception):
    """Nothing more can be sent. The message is one sentence: what was tried, what came back, and what to do."""
