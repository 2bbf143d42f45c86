"""Faults on demand, and counts of calls: tests set the faults and read the counts under `/_control`."""

import threading
from collections import deque
from dataclasses import asdict, dataclass, field, fields
from typing import Any

PROVIDERS = ("sagemaker", "bedrock", "deepseek", "openai", "textract")
_BATCHES_KEPT = 32
_MOST_MS = 600_000


@dataclass(frozen=True)
class Faults:
    """Faults of a provider: it waits `delay_ms` before each answer, and `pause_ms` after each piece of a stream.

    `throttle` is the share (0 to 1) of throttled calls, `fail` the share of calls that fail with `fail_status`. If
    `echo` is not 0, the refusal of a wrong key repeats the key, as some providers and proxies do.
    """

    delay_ms: float = 0
    pause_ms: float = 0
    throttle: float = 0.0
    fail: float = 0.0
    fail_status: int = 500
    echo: float = 0


@dataclass
class Counts:
    """The counts of one path. `rejected` counts errors that the request itself causes."""

    calls: int = 0
    throttled: int = 0
    failed: int = 0
    rejected: int = 0
    batches: deque[int] = field(default_factory=lambda: deque(maxlen=_BATCHES_KEPT))


class Control:
    """Faults and counts of each provider. Shares are spread evenly (0.25 is every fourth call), so counts are exact."""

    def __init__(self) -> None:
        """Start without faults and with all counts at zero."""
        self._lock = threading.Lock()
        self._faults = {provider: Faults() for provider in PROVIDERS}
        self._counts: dict[str, dict[str, Counts]] = {provider: {} for provider in PROVIDERS}
        self._carry: dict[tuple[str, str], float] = {}

    def set(self, provider: str, wanted: Any) -> None:
        """Replace the provider's faults. Raises `ValueError` with a message about a wrong field or value."""
        faults = _faults(wanted)
        with self._lock:
            self._faults[provider] = faults
            self._forget_carry(provider)

    def reset(self, provider: str) -> None:
        """Remove the provider's faults and set its counts to zero."""
        with self._lock:
            self._faults[provider] = Faults()
            self._counts[provider] = {}
            self._forget_carry(provider)

    def arrive(self, provider: str, path: str) -> tuple[Faults, str | None]:
        """Count a call. Return the provider's faults, and the fault of this call: `throttle`, `fail` or None."""
        with self._lock:
            faults = self._faults[provider]
            counts = self._counts[provider].setdefault(path, Counts())
            counts.calls += 1
            if self._strikes(provider, "throttle", faults.throttle):
                counts.throttled += 1
                return faults, "throttle"
            if self._strikes(provider, "fail", faults.fail):
                counts.failed += 1
                return faults, "fail"
            return faults, None

    def leave(self, provider: str, path: str, status: int, batch: int | None) -> None:
        """Count the outcome of a call without a fault."""
        with self._lock:
            counts = self._counts[provider].setdefault(path, Counts())
            counts.rejected += status >= 400
            if batch is not None:
                counts.batches.append(batch)

    def report(self) -> dict[str, Any]:
        """Return the faults, the totals and the counts per path of every provider, as a JSON object."""
        with self._lock:
            return {
                provider: {
                    "faults": asdict(self._faults[provider]),
                    "calls": sum(counts.calls for counts in paths.values()),
                    "throttled": sum(counts.throttled for counts in paths.values()),
                    "failed": sum(counts.failed for counts in paths.values()),
                    "rejected": sum(counts.rejected for counts in paths.values()),
                    "paths": {
                        path: {**asdict(counts), "batches": list(counts.batches)} for path, counts in paths.items()
                    },
                }
                for provider, paths in self._counts.items()
            }

    def _strikes(self, provider: str, kind: str, share: float) -> bool:
        carry = self._carry.get((provider, kind), 0.0) + share
        struck = carry >= 1 - 1e-9
        self._carry[provider, kind] = carry - 1 if struck else carry
        return struck

    def _forget_carry(self, provider: str) -> None:
        for key in [key for key in self._carry if key[0] == provider]:
            del self._carry[key]


def _faults(wanted: Any) -> Faults:
    known = [field.name for field in fields(Faults)]
    if not isinstance(wanted, dict) or set(wanted) - set(known):
        raise ValueError(f"Faults are a JSON object with the fields {', '.join(known)}.")
    for name, value in wanted.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"The fault {name} is {value!r}. Give a number.")
    faults = Faults(**wanted)
    if not (0 <= faults.throttle <= 1 and 0 <= faults.fail <= 1):
        raise ValueError("throttle and fail lie between 0 and 1.")
    if not (0 <= faults.delay_ms <= _MOST_MS and 0 <= faults.pause_ms <= _MOST_MS):
        raise ValueError(f"delay_ms and pause_ms lie between 0 and {_MOST_MS}.")
    if faults.fail_status not in range(400, 600):
        raise ValueError(f"The fault fail_status is {faults.fail_status}. Give an HTTP error status.")
    return faults
