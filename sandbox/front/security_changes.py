"""Changes of roles and their mappings, which the engine applies a while after it has stored them."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.front.engine import EngineConnections, EngineRefused

SECURITY_API = "/_plugins/_security/api"
EFFECTIVE_SECONDS = 30.0
_PAUSE_SECONDS = 0.05


class SecurityChanges:
    """Changes by the security API of `engine`, and the wait for them."""

    def __init__(
        self,
        engine: EngineConnections,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._sleep = sleep
        self._clock = clock

    def _wait(self, is_effective: Callable[[], bool], fault: str) -> None:
        """Return when the change counts; raises `EngineRefused` with the `fault` when it does not."""
        deadline = self._clock() + EFFECTIVE_SECONDS
        while not is_effective():
            if self._clock() > deadline:
                raise EngineRefused(fault)
            self._sleep(_PAUSE_SECONDS)
