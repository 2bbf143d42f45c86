"""Writes logs as lines of JSON, and metrics in CloudWatch's embedded metric format, both by Powertools.

CloudWatch makes metrics from log lines, so a function reports even without network access or permission to CloudWatch.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import logging
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "osml"


def json_lines(name: str, keys: Mapping[str, Any]) -> logging.Logger:
    """The logger `name`, from INFO on. Everything that this process logs becomes a line of JSON with `keys`."""
    # Amazon's runtime sets a root handler; elsewhere, logs would be lost without this one.
    logging.basicConfig(stream=sys.stdout)
    formatter = LambdaPowertoolsFormatter(utc=True, use_rfc3339=True, **keys)
    for handler in logging.root.handlers:
        handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    return logger


def count(
    numbers: Mapping[str, int],
    dimensions: Mapping[str, str],
    seconds: Mapping[str, float] = MappingProxyType({}),
    **about: Any,
) -> None:
    """Write one line with metrics: counts, and times in `seconds`. `about` is added as metadata, not as metrics."""
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.set_default_dimensions(**dimensions)
    for key, value in about.items():
        metrics.add_metadata(key, value)
    for name, number in numbers.items():
        metrics.add_metric(name, MetricUnit.Count, number)
    for name, time in seconds.items():
        metrics.add_metric(name, MetricUnit.Seconds, time)
    metrics.flush_metrics()
