"""A signed request counts once.

Amazon keeps no list of signatures: within the five minutes that a date is good for it takes the same request again
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, "Protect against reuse of the signed portions").
The front is stricter. A signature says its second, so two honest requests that are alike in every signed part bear the
same one when they were signed in the same second, and then they come together: a client that repeats after a broken
connection, or two processes that ask the same. What comes again later was kept by somebody and is refused.
A presigned query is made to be used more than once and is exempt.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from sandbox.front.refusal import SignatureReplayed
from sandbox.front.signature import SKEW, Signature

# The second of signing, and how much longer one of two requests may be on its way on a crowded machine.
TOGETHER_SECONDS = 15.0
# A date may lie as far ahead of the clock as behind it.
_KEPT_SECONDS = 2 * SKEW.total_seconds()


class Replays:
    """Remembers the signatures that were found right, for as long as their dates are good. Any thread may ask.

    `together` is how many seconds after its first arrival a signature may come again.
    """

    def __init__(self, together: float = TOGETHER_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._together = together
        self._clock = clock
        self._first: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def verify(self, signature: Signature) -> None:
        """Take note of a signature whose digest is right; raises `SignatureReplayed`."""
        if signature.expires is not None:
            return
        now = self._clock()
        with self._lock:
            self._forget(now - _KEPT_SECONDS)
            first = self._first.setdefault(signature.digest, now)
        if now - first > self._together:
            raise SignatureReplayed(now - first)

    def __len__(self) -> int:
        return len(self._first)

    def _forget(self, before: float) -> None:
        while self._first and next(iter(self._first.values())) < before:
            self._first.popitem(last=False)
