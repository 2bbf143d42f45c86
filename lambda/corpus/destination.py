"""The interface between a load and the API that takes its documents in batches."""

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
    """A verdict, with the destination's text for the last four; `masked` counts data that the destination masked."""

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
        """Send encoded documents; return one outcome for each, in their order.

        Raises Busy if all of them must be sent again later, BatchTooLarge if the batch must be sent in halves, and
        Stopped if nothing more can be sent.
        """
        ...


class Busy(Exception):
    """The destination takes no batch at present: `reason` is its text, `wait` the seconds that it asked for.

    `unsure` is true if the batch may have arrived, because the connection broke.
    """

    def __init__(self, reason: str, wait: float = 0.0, unsure: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.unsure = wait, unsure


class BatchTooLarge(Exception):
    """The batch is larger than the destination accepts; the message is the destination's text."""


class Stopped(Exception):
    """Nothing more can be sent. The message is one sentence: what was tried, what came back, and what to do."""
