"""The figures of the environment's dashboard in CloudWatch, read from the dashboard itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from osml.failure import Failure
from osml.place import Place

# Seconds of a point as on the dashboard, and for spans above LONG: CloudWatch gives at most 1,440 points of a metric.
POINT, LONG_POINT, LONG = 300, 3600, timedelta(days=5)
# The largest number of metrics in one request to CloudWatch.
AT_ONCE = 500
SUM, COUNT, AVERAGE = "Sum", "SampleCount", "Average"
# How the points of a span become one figure. Other statistics become the highest point: the percentile of a span
# cannot be computed from the percentiles of its points.
FIGURES: Mapping[str, Callable[[Sequence[float]], float]] = {SUM: sum, COUNT: sum, "Minimum": min}
# The average of a span is the sum of its points divided by their number of samples.
READ_FOR: Mapping[str, tuple[str, ...]] = {AVERAGE: (AVERAGE, SUM, COUNT)}


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

    def query(self, id: str, statistic: str, seconds: int) -> dict[str, Any]:
        pairs = zip(self.dimensions[::2], self.dimensions[1::2], strict=True)
        named = [{"Name": name, "Value": value} for name, value in pairs]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": named}
        return {"Id": id, "MetricStat": {"Metric": metric, "Period": seconds, "Stat": statistic}}


def read(place: Place, since: timedelta) -> list[Graph]:
    """The dashboard's graphs with their figures of the last `since`. Raises Failure if there is no dashboard."""
    client = boto3.client("cloudwatch", region_name=place.settings().region)
    metrics = list(_metrics(_body(client, place)))
    points = _points(client, metrics, since)
    graphs: dict[str, list[Figure]] = {}
    for metric in metrics:
        graphs.setdefault(metric.title, []).append(_figure(metric, points))
    return [Graph(title, tuple(figures)) for title, figures in graphs.items()]


def _points(client: Any, metrics: Sequence[_Metric], since: timedelta) -> dict[tuple[_Metric, str], list[float]]:
    """The points of each metric and statistic, oldest first."""
    now = datetime.now(UTC)
    seconds = POINT if since <= LONG else LONG_POINT
    span = {"StartTime": now - since, "EndTime": now + timedelta(seconds=seconds), "ScanBy": "TimestampAscending"}
    lines = dict.fromkeys(
        (metric, statistic) for metric in metrics for statistic in READ_FOR.get(metric.statistic, (metric.statistic,))
    )
    ids = {f"m{at}": line for at, line in enumerate(lines)}
    points: dict[tuple[_Metric, str], list[float]] = {line: [] for line in lines}
    queries = [metric.query(id, statistic, seconds) for id, (metric, statistic) in ids.items()]
    for first in range(0, len(queries), AT_ONCE):
        some = queries[first : first + AT_ONCE]
        for page in client.get_paginator("get_metric_data").paginate(MetricDataQueries=some, **span):
            for result in page["MetricDataResults"]:
                points[ids[result["Id"]]].extend(result["Values"])
    return points


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


def _figure(metric: _Metric, points: Mapping[tuple[_Metric, str], Sequence[float]]) -> Figure:
    shown = points[metric, metric.statistic]
    if not shown:
        return Figure(metric.name, metric.statistic, None, None)
    if metric.statistic == AVERAGE:
        samples = sum(points[metric, COUNT])
        value = sum(points[metric, SUM]) / samples if samples else None
    else:
        value = FIGURES.get(metric.statistic, max)(shown)
    return Figure(metric.name, metric.statistic, value, shown[-1])
