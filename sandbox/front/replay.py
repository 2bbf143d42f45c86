"""Accepts a signed request only once.

Amazon keeps no list of signatures: during the five minutes in which a date is valid, it accepts the same request again
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, "Protect against reuse of the signed portions").
The front is stricter. A signature contains its second, so two honest requests with the same signed parts have the same
signature if they were signed in the same second. They arrive at about the same time: a client that repeats after a
broken connection, or two processes with the same request. A later repetition is a stored copy and is refused.
A presigned query may be used more than once and is exempt.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from sandbox.front.refusal import SignatureReplayed
from sandbox.front.signature import SKEW, Signature

# The second of signing, and the longest delay between two such requests on a busy machine.
TOGETHER_SECONDS = 15.0
# A date may be as far after the clock as before it.
_KEPT_SECONDS = 2 * SKEW.total_seconds()


class Replays:
    """Stores the verified signatures while their dates are valid. Any thread may use it.

    `together` is how many seconds after its first arrival a signature may come again.
    """

    def __init__(self, together: float = TOGETHER_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._together = together
        self._clock = clock
        self._first: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def verify(self, signature: Signature) -> None:
        """Store a signature with a correct digest; raises `SignatureReplayed`."""
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
