"""The figures of a dashboard: what CloudWatch has for each line of each graph, and failures by cause."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from osml.failure import Failure
from osml.metrics.causes import cause_of
from osml.metrics.metrics import Figure, Graph, read
from osml.place import Place

QUESTIONS = ["osml", "Questions", "service", "assistant", "environment", "dev", {"stat": "Sum"}]
LATENCY = ["osml", "ModelLatency", "service", "assistant", "environment", "dev", {"stat": "p90"}]
FREE = ["AWS/ES", "FreeStorageSpace", "DomainName", "osml-dev", "ClientId", "1", {"stat": "Minimum"}]
GROUNDED = ["osml", "Groundedness", "service", "assistant", "environment", "dev", {"stat": "Average"}]
GRAPHS = {"Questions": [QUESTIONS, LATENCY], "Domain": [FREE], "Grounded": [GROUNDED]}
# In the first five minutes 99 of 99 answers were grounded; in the last ones, one of one was not.
POINTS = {
    ("Questions", "Sum"): [2.0, 3.0],
    ("ModelLatency", "p90"): [900.0, 400.0],
    ("Groundedness", "Average"): [100.0, 0.0],
    ("Groundedness", "Sum"): [9900.0, 0.0],
    ("Groundedness", "SampleCount"): [99.0, 1.0],
}


class CloudWatch:
    """Has the dashboard `name`, and `POINTS`, in two pages."""

    class exceptions:
        class ResourceNotFound(ClientError):
            pass

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: list[dict[str, Any]] = []

    def get_dashboard(self, DashboardName: str) -> dict[str, Any]:
        if DashboardName != self.name:
            raise self.exceptions.ResourceNotFound({"Error": {"Code": "ResourceNotFound"}}, "GetDashboard")
        widgets = [{"properties": {"title": title, "metrics": lines}} for title, lines in GRAPHS.items()]
        return {"DashboardBody": json.dumps({"widgets": [*widgets, {"type": "text", "properties": {"markdown": "x"}}]})}

    def get_paginator(self, operation: str) -> "CloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        self.requests.append(request)
        results = []
        for query in request["MetricDataQueries"]:
            points = POINTS.get((query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"]), [])
            results += [{"Id": query["Id"], "Values": [point]} for point in points]
        return [{"MetricDataResults": results[:1]}, {"MetricDataResults": results[1:]}]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(Path(__file__).parents[2] / "environments"))
    return Place("dev", None)


def test_each_line_of_a_graph_has_one_figure_of_the_span_and_its_last_point(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, began = CloudWatch("osml-dev"), datetime.now(UTC)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    assert read(place, timedelta(hours=1)) == [
        Graph("Questions", (Figure("Questions", "Sum", 5.0, 3.0), Figure("ModelLatency", "p90", 900.0, 400.0))),
        Graph("Domain", (Figure("FreeStorageSpace", "Minimum", None, None),)),
        Graph("Grounded", (Figure("Groundedness", "Average", 99.0, 0.0),)),
    ]
    [sent] = client.requests
    assert sent["MetricDataQueries"][0]["MetricStat"] == {
        "Metric": {
            "Namespace": "osml",
            "MetricName": "Questions",
            "Dimensions": [{"Name": "service", "Value": "assistant"}, {"Name": "environment", "Value": "dev"}],
        },
        "Period": 300,
        "Stat": "Sum",
    }
    assert began <= sent["StartTime"] + timedelta(hours=1) <= datetime.now(UTC)


def test_a_long_span_has_points_of_an_hour(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    client = CloudWatch("osml-dev")
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    read(place, timedelta(days=30))
    assert {query["MetricStat"]["Period"] for query in client.requests[0]["MetricDataQueries"]} == {3600}


def test_an_environment_without_a_dashboard_is_not_deployed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_, **__: CloudWatch("osml-other"))
    with pytest.raises(Failure, match="There is no dashboard osml-dev") as failure:
        read(place, timedelta(hours=1))
    assert failure.value.cause == "not-deployed"


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ('{"level": "WARNING", "cause": "key-refused"}', "key-refused"),
        ('{"level": "ERROR", "error": "KeyError"}', "unexplained"),
        ('{"level": "WARNING", "cause": "a word of somebody else"}', "unexplained"),
        ('{"level": "INFO", "cause": "key-refused"}', None),
        ('{"_aws": {}, "Questions": 1}', None),
        ("REPORT RequestId: 1", None),
        ("{", None),
    ],
)
def test_a_failure_is_counted_by_the_cause_in_its_log_line(line: str, cause: str | None) -> None:
    assert cause_of(line) == cause
