"""Accepts a signed request only once.

Amazon stores no signatures. During the five minutes in which a date is valid, it accepts the same request again
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, "Protect against reuse of the signed portions").
The front is stricter. A signature contains the second of its time. Two legitimate requests with the same signed parts
have the same signature if they are signed in the same second: a client repeats a request after a broken connection, or
two processes send the same request. Both arrive at about the same time. A later repetition is a stored copy, and the
front refuses it.
A presigned query may be used more than once and is exempt.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from sandbox.front.refusal import SignatureReplayed
from sandbox.front.signature import SKEW, Signature

# One second for the signing, and the longest delay between two such requests on a busy machine.
TOGETHER_SECONDS = 15.0
# A date may be up to SKEW after the clock, and up to SKEW before it.
_KEPT_SECONDS = 2 * SKEW.total_seconds()


class Replays:
    """Stores verified signatures while their dates are valid. Any thread may use it.

    `together` is the time after its first arrival in which a signature may come again, in seconds.
    """

    def __init__(self, together: float = TOGETHER_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._together = together
        self._clock = clock
        self._first: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def verify(self, signature: Signature) -> None:
        """Store a signature whose digest is correct.

        Raises `SignatureReplayed` if it first came more than `together` seconds ago.
        """
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
