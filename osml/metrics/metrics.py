"""The figures of the environment's dashboard in CloudWatch, read from the dashboard itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import boto3

from osml.failure import Failure
from osml.place import Place

# Seconds of a point as on the dashboard, and for spans above LONG: CloudWatch gives at most 1,440 points of a metric.
POINT, LONG_POINT, LONG = 300, 3600, timedelta(days=5)
# The largest number of metrics in one request to CloudWatch.
AT_ONCE = 500
# How the points of a span become one figure. Other statistics become the highest point: the percentile of a span
# cannot be computed from the percentiles of its points.
FIGURES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "SampleCount": sum,
    "Average": fmean,
    "Minimum": min,
}


@dataclass(frozen=True)
class Figure:
    """A metric: `value` is over the whole span, `last` is the last point; None where nothing was measured."""

    name: str
    statistic: str
    value: float | None
    last: float | None


@dataclass(frozen=True)
class Graph:
    """A graph of the dashboard."""

    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class _Metric:
    """A line of a graph on the dashboard. `dimensions` are names and values alternately."""

    title: str
    namespace: str
    name: str
    dimensions: tuple[str, ...]
    statistic: str

    def query(self, id: str, seconds: int) -> dict[str, Any]:
        pairs = zip(self.dimensions[::2], self.dimensions[1::2], strict=True)
        named = [{"Name": name, "Value": value} for name, value in pairs]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": named}
        return {"Id": id, "MetricStat": {"Metric": metric, "Period": seconds, "Stat": self.statistic}}


def read(place: Place, since: timedelta) -> list[Graph]:
    """The dashboard's graphs with their figures of the last `since`. Raises Failure if there is no dashboard."""
    client = boto3.client("cloudwatch", region_name=place.settings().region)
    metrics = list(_metrics(_body(client, place)))
    now = datetime.now(UTC)
    seconds = POINT if since <= LONG else LONG_POINT
    points: dict[str, list[float]] = {}
    for first in range(0, len(metrics), AT_ONCE):
        queries = [
            metric.query(f"m{first + at}", seconds) for at, metric in enumerate(metrics[first : first + AT_ONCE])
        ]
        span = {"StartTime": now - since, "EndTime": now + timedelta(seconds=seconds), "ScanBy": "TimestampAscending"}
        for page in client.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, **span):
            for result in page["MetricDataResults"]:
                points.setdefault(result["Id"], []).extend(result["Values"])
    graphs: dict[str, list[Figure]] = {}
    for at, metric in enumerate(metrics):
        graphs.setdefault(metric.title, []).append(_figure(metric, points.get(f"m{at}", [])))
    return [Graph(title, tuple(figures)) for title, figures in graphs.items()]


def _body(client: Any, place: Place) -> dict[str, Any]:
    name = place.settings().prefix
    try:
        body: dict[str, Any] = json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])
    except client.exceptions.ResourceNotFound:
        sentence = f"There is no dashboard {name}. Run `osml deploy {place.options}` first."
        raise Failure(sentence, "not-deployed") from None
    return body


def _metrics(body: Mapping[str, Any]) -> Iterator[_Metric]:
    for widget in body["widgets"]:
        properties = widget.get("properties", {})
        for namespace, name, *rest in properties.get("metrics", []):
            yield _Metric(properties["title"], namespace, name, tuple(rest[:-1]), rest[-1]["stat"])


def _figure(metric: _Metric, points: Sequence[float]) -> Figure:
    of_all = FIGURES.get(metric.statistic, max)
    return Figure(metric.name, metric.statistic, of_all(points) if points else None, points[-1] if points else None)
