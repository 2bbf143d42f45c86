"""Logs as lines of JSON, and metrics as lines of CloudWatch's embedded format, both by Powertools.

CloudWatch makes metrics of a log line, so that a function without a way to CloudWatch, or without the permission,
reports too. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html
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
    """The logger `name`, from INFO on. Whatever this process logs is a line of JSON with `keys` besides its own."""
    # Amazon's runtime brings a root handler; where there is none, logs would vanish.
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
    """Write one line with metrics: counts, and times in `seconds`. `about` is in it, and no metric."""
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.set_default_dimensions(**dimensions)
    for key, value in about.items():
        metrics.add_metadata(key, value)
    for name, number in numbers.items():
        metrics.add_metric(name, MetricUnit.Count, number)
    for name, time in seconds.items():
        metrics.add_metric(name, MetricUnit.Seconds, time)
    metrics.flush_metrics()
