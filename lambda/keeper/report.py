"""Writes the report of a round as lines of JSON: each finding, and the numbers of findings as metrics."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aws.telemetry import count

METRICS = ("Unhealed", "Healed", "Drifted", "Swept")
# Written only if there are findings: each metric costs USD 0.30 a month.
RARE = ("Ending",)


@dataclass(frozen=True)
class KeeperFinding:
    """`what` is a metric, or one of Renewed, Skipped, Saved and Expired without a metric.

    `about` is an object, `why` a sentence.
    """

    what: Literal["Unhealed", "Healed", "Drifted", "Swept", "Ending", "Renewed", "Skipped", "Saved", "Expired"]
    about: str
    why: str


def report(
    findings: Sequence[KeeperFinding], dimensions: dict[str, str], log: logging.Logger, *, request: str, seconds: float
) -> None:
    """Write the findings, then the number of each kind."""
    for finding in findings:
        log.info("Found.", extra={"finding": finding.what, "about": finding.about, "why": finding.why})
    numbers = {name: sum(finding.what == name for finding in findings) for name in (*METRICS, *RARE)}
    numbers = {name: number for name, number in numbers.items() if number or name in METRICS}
    count(numbers, dimensions, request=request, milliseconds=round(seconds * 1000))
