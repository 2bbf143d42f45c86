"""What a round tells, in lines of JSON: what was tried again, each finding, and their numbers as metrics."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

# The embedded metric format: CloudWatch makes metrics of a log line, so that a function without a way to CloudWatch,
# or without the permission, reports too. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
# CloudWatch_Embedded_Metric_Format_Specification.html
NAMESPACE = "osml"
METRICS = ("Unhealed", "Healed", "Drifted", "Swept")


@dataclass(frozen=True)
class Finding:
    """`what` is a metric, or Renewed or Skipped, which are none; `about` names an object; `why` is a sentence."""

    what: Literal["Unhealed", "Healed", "Drifted", "Swept", "Renewed", "Skipped"]
    about: str
    why: str


class Line(logging.Formatter):
    """What the kernel logs meanwhile; `common` is in each line."""

    def __init__(self, common: dict[str, str]) -> None:
        super().__init__()
        self._common = common

    def format(self, record: logging.LogRecord) -> str:
        """A message that is a dict becomes part of the line."""
        told = record.msg if isinstance(record.msg, dict) else {"message": record.getMessage()}
        return json.dumps({**self._common, "level": record.levelname, **told}, default=str)


def report(
    findings: Sequence[Finding],
    dimensions: dict[str, str],
    *,
    request: str,
    seconds: float,
    write: Callable[[str], None] = print,
) -> None:
    """Write the findings, then how many there are of each."""
    common = {**dimensions, "request": request}
    for one in findings:
        write(json.dumps({**common, "finding": one.what, "about": one.about, "why": one.why}))
    numbers = {name: sum(one.what == name for one in findings) for name in METRICS}
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in METRICS],
    }
    metadata = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}
    write(json.dumps({"_aws": metadata, **common, "milliseconds": round(seconds * 1000), **numbers}))
