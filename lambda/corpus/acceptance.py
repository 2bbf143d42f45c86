"""Whether the destination accepts documents, and when a load stops because it accepts none."""

import time

from corpus.destination import Stopped

# If this many documents in a row are refused and none is accepted, the documents are not the reason.
HOPELESS = 1_000
# The longest time in seconds in which documents are sent and none is accepted.
DROUGHT = 600.0


class Acceptance:
    """The documents that were refused since the last accepted one, and the time since then."""

    def __init__(self) -> None:
        self._refused = 0
        self._since = time.monotonic()

    def begin(self, now: float) -> None:
        """Count the time from now on, because until now there was nothing to accept."""
        self._since = now

    def accept(self) -> None:
        """Count an accepted document."""
        self._refused, self._since = 0, time.monotonic()

    def refuse(self, reason: str) -> None:
        """Count a refused document; raises Stopped if there are too many in a row."""
        self._refused += 1
        if self._refused >= HOPELESS:
            raise Stopped(
                f"{HOPELESS} documents in a row were refused, the last one with: {reason}. Nothing more was sent. Fix "
                f"the cause, then load the rejected documents and the remaining ones."
            )

    def require(self, now: float, reason: str) -> None:
        """Raises Stopped if no document has been accepted for too long; `reason` is the last answer."""
        if now - self._since > DROUGHT:
            raise Stopped(f"No document was accepted for {DROUGHT / 60:.0f} minutes, last answer: {reason}.")
