"""What a round tells, in lines of JSON: each finding, and their numbers as metrics."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aws.telemetry import count

METRICS = ("Unhealed", "Healed", "Drifted", "Swept")
# Written only when there is one: a metric that is written costs 0.30 a month.
RARE = ("Ending",)


@dataclass(frozen=True)
class Finding:
    """`what` is a metric, or Renewed or Skipped, which are none; `about` names an object; `why` is a sentence."""

    what: Literal["Unhealed", "Healed", "Drifted", "Swept", "Ending", "Renewed", "Skipped"]
    about: str
    why: str


def report(
    findings: Sequence[Finding], dimensions: dict[str, str], log: logging.Logger, *, request: str, seconds: float
) -> None:
    """Write the findings, then how many there are of each."""
    for one in findings:
        log.info("Found.", extra={"finding": one.what, "about": one.about, "why": one.why})
    numbers = {name: sum(one.what == name for one in findings) for name in (*METRICS, *RARE)}
    numbers = {name: number for name, number in numbers.items() if number or name in METRICS}
    count(numbers, dimensions, request=request, milliseconds=round(seconds * 1000))
