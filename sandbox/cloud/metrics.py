"""Metrics from the log lines of functions, in CloudWatch's Embedded Metric Format.

MiniStack 1.5.33 stores such a line, but makes no metric from it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs

Record = dict[str, Any]


def install() -> None:
    """Makes metrics from every log line from now on; once per process."""
    append = cloudwatch_logs._append_log_events

    def append_with_metrics(stream: Record, events: list[Record]) -> None:
        append(stream, events)
        metrics = [metric for event in events for metric in embedded(str(event.get("message", "")))]
        for namespace, name, dimensions, seconds, unit, values in metrics:
            cloudwatch._store_datum(namespace, name, dimensions, seconds, unit, None, values, None, None)
        if metrics:
            cloudwatch._evaluate_all_alarms()

    cloudwatch_logs._append_log_events = append_with_metrics


def embedded(line: str) -> Iterator[tuple[str, str, dict[str, str], float, str, list[float]]]:
    """Each metric in a log line: namespace, name, dimensions, time (seconds since the epoch), unit and values.

    Most lines contain no metric.
    """
    if not line.startswith("{") or '"_aws"' not in line:
        return
    try:
        record = json.loads(line)
        directives = record["_aws"]["CloudWatchMetrics"]
        seconds = record["_aws"]["Timestamp"] / 1000
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(record.get(name)) for name in names}
            for metric in directive.get("Metrics", []):
                value = record.get(metric["Name"])
                values = value if isinstance(value, list) else [value]
                numbers = [float(value) for value in values if isinstance(value, int | float)]
                if numbers:
                    unit = metric.get("Unit", "None")
                    yield directive["Namespace"], metric["Name"], dimensions, seconds, unit, numbers
