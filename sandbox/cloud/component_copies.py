"""The copies of inference components: stopped while nobody calls, and started by a call.

On Amazon, Application Auto Scaling does that. It needs three resources: a target with a minimum capacity of 0, a step
policy, and an alarm that triggers the policy. A component starts here only if a stack has made all three.
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch

# As on Amazon, a component without calls stops after 15 minutes. A start takes six minutes on Amazon.
IDLE_SECONDS, START_SECONDS = 900.0, 5.0
NAMESPACE, METRIC, DIMENSION = "AWS/SageMaker", "NoCapacityInvocationFailures", "InferenceComponentName"


@dataclass
class _Copies:
    wanted: int
    called: float
    # The time at which the wanted copies are running.
    ready: float


class ComponentCopies:
    """The copies of each component in the request's account and region, by its name.

    `least` returns the minimum capacity of the component's target, or None without a target.

    `starters` returns the ARNs of its step policies. Times are seconds of `clock`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._copies = AccountRegionScopedDict()
        self.least: Callable[[str], int | None] = lambda _: None
        self.starters: Callable[[str], list[str]] = lambda _: []

    def make(self, component: str, count: int) -> None:
        """Makes a component whose copies run at once: on Amazon a deploy waits for them."""
        self._copies[component] = _Copies(count, self._clock(), self._clock())

    def remove(self, component: str) -> None:
        """Stops the copies of a component that is deleted."""
        del self._copies[component]

    def set(self, component: str, count: int) -> None:
        """Changes the number of wanted copies. Copies stop at once; new copies answer after `START_SECONDS`."""
        copies, now = self._of(component), self._clock()
        copies.ready = now + START_SECONDS if count > self.current(component) else now
        copies.wanted, copies.called = count, now

    def wanted(self, component: str) -> int:
        """The number of copies that are to run; 0 after `IDLE_SECONDS` without a call, if the minimum is 0."""
        copies = self._of(component)
        if self.least(component) == 0 and self._clock() - max(copies.called, copies.ready) > IDLE_SECONDS:
            copies.wanted = 0
        return copies.wanted

    def current(self, component: str) -> int:
        """The number of copies that answer."""
        return self.wanted(component) if self._clock() >= self._of(component).ready else 0

    def called(self, component: str) -> bool:
        """Notes a call. If no copy can answer it, returns False and writes a metric, whose alarm can start a copy."""
        copies = self._of(component)
        if self.current(component):
            copies.called = self._clock()
            return True
        datum = ({DIMENSION: component}, time.time(), "Count", None, [1.0], None, None)
        cloudwatch._store_datum(NAMESPACE, METRIC, *datum)
        cloudwatch._evaluate_all_alarms()
        # A start that has begun is not repeated.
        if copies.wanted == 0 and any(
            _starts(alarm, component, self.starters) for alarm in cloudwatch._alarms.values()
        ):
            self.set(component, 1)
        return False

    def _of(self, component: str) -> _Copies:
        copies: _Copies = self._copies[component]
        return copies


def _starts(alarm: dict[str, Any], component: str, starters: Callable[[str], list[str]]) -> bool:
    of = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []}
    watched = (alarm.get("Namespace"), alarm.get("MetricName"), of.get(DIMENSION)) == (NAMESPACE, METRIC, component)
    return watched and alarm["StateValue"] == "ALARM" and bool({*alarm["AlarmActions"]} & {*starters(component)})
