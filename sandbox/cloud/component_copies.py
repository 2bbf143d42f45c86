"""The copies of inference components: stopped while nobody calls, and started by a call.

Application Auto Scaling does that on Amazon, by a target's least capacity of 0, a step policy, and an alarm that starts
it. A component starts here only if a stack has made all three.
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch

# Without a call a component stops after a quarter of an hour, as on Amazon; a start takes six minutes there.
IDLE_SECONDS, START_SECONDS = 900.0, 5.0
NAMESPACE, METRIC, DIMENSION = "AWS/SageMaker", "NoCapacityInvocationFailures", "InferenceComponentName"


@dataclass
class _Copies:
    wanted: int
    called: float
    # When those that were wanted last are there.
    ready: float


class ComponentCopies:
    """By the name of the component. `least` is its target's least capacity, None without a target.

    `starters` are the ARNs of its step policies.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._copies: dict[str, _Copies] = {}
        self.least: Callable[[str], int | None] = lambda _: None
        self.starters: Callable[[str], list[str]] = lambda _: []

    def make(self, component: str, count: int) -> None:
        """A deploy waits until its copies are there."""
        self._copies[component] = _Copies(count, self._clock(), self._clock())

    def set(self, component: str, count: int) -> None:
        """Changes the number that is wanted: a copy goes at once, and comes after a start."""
        copies, now = self._copies[component], self._clock()
        copies.ready = now + START_SECONDS if count > self.current(component) else now
        copies.wanted, copies.called = count, now

    def wanted(self, component: str) -> int:
        """How many copies there are to be."""
        copies = self._copies[component]
        if self.least(component) == 0 and self._clock() - max(copies.called, copies.ready) > IDLE_SECONDS:
            copies.wanted = 0
        return copies.wanted

    def current(self, component: str) -> int:
        """How many copies answer."""
        return self.wanted(component) if self._clock() >= self._copies[component].ready else 0

    def called(self, component: str) -> bool:
        """Notes a call; False if no copy can answer it. The metric of that starts one where an alarm says so."""
        copies = self._copies[component]
        if self.current(component):
            copies.called = self._clock()
            return True
        datum = ({DIMENSION: component}, time.time(), "Count", None, [1.0], None, None)
        cloudwatch._store_datum(NAMESPACE, METRIC, *datum)
        cloudwatch._evaluate_all_alarms()
        # A start that is under way counts as done: no second one.
        if copies.wanted == 0 and any(
            _starts(alarm, component, self.starters) for alarm in cloudwatch._alarms.values()
        ):
            self.set(component, 1)
        return False


def _starts(alarm: dict[str, Any], component: str, starters: Callable[[str], list[str]]) -> bool:
    of = {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []}
    watched = (alarm.get("Namespace"), alarm.get("MetricName"), of.get(DIMENSION)) == (NAMESPACE, METRIC, component)
    return watched and alarm["StateValue"] == "ALARM" and bool({*alarm["AlarmActions"]} & {*starters(component)})
