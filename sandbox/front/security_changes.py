"""Changes of roles and role mappings: the engine stores them at once, but applies them a little later."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.front.engine import EngineConnections, EngineRefused

SECURITY_API = "/_plugins/_security/api"
EFFECTIVE_SECONDS = 30.0
_PAUSE_SECONDS = 0.05


class SecurityChanges:
    """The base class for changes with the security API of `engine`, which wait until they are effective."""

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
        """Return when the change is effective. Raises `EngineRefused` with `fault` after `EFFECTIVE_SECONDS`."""
        deadline = self._clock() + EFFECTIVE_SECONDS
        while not is_effective():
            if self._clock() > deadline:
                raise EngineRefused(fault)
            self._sleep(_PAUSE_SECONDS)
