"""The keeper of the environment `kept`: its function, its log and its metrics."""

import json
import time
from dataclasses import dataclass
from typing import Any

import boto3

from tests.waiting import until

NAME = "kept"
STACK = f"osml-{NAME}-knowledge"


@dataclass
class Keeper:
    """The deployed function, its log and its metrics."""

    function: str
    group: str

    def calls(self) -> list[dict[str, Any]]:
        """The last log line of every call, which contains its metrics; oldest first."""
        return [line for line in self.lines() if "_aws" in line]

    def lines(self) -> list[dict[str, Any]]:
        events = boto3.client("logs").filter_log_events(logGroupName=self.group)["events"]
        messages = [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]
        return [json.loads(line) for line in messages if line.startswith("{")]

    def call(self, event: dict[str, Any] | None = None) -> dict[str, int]:
        """Run one round; returns its metrics."""
        before = len(self.calls())
        payload = json.dumps(event or {"source": "aws.events"})
        answer = boto3.client("lambda").invoke(FunctionName=self.function, Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()
        until("the line of the round", self.calls, lambda calls: len(calls) > before)
        print(*self.lines(), sep="\n")
        return self.numbers(self.calls()[-1])

    def subjects(self, finding: str) -> list[str]:
        """Run one round; returns the objects that its findings of one type are about."""
        self.call()
        request = self.calls()[-1]["request"]
        lines = [line for line in self.lines() if line["request"] == request and line.get("finding") == finding]
        return [line["about"] for line in lines]

    @staticmethod
    def numbers(line: dict[str, Any]) -> dict[str, int]:
        sums = {name: sum(line[name]) for name in ("Unhealed", "Healed", "Drifted", "Swept")}
        return {name: number for name, number in sums.items() if number}

    def measured(self, metric: str) -> float:
        """The maximum of a metric in CloudWatch."""
        answer = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="osml",
            MetricName=metric,
            Dimensions=[{"Name": "environment", "Value": NAME}, {"Name": "stack", "Value": STACK}],
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=7200,
            Statistics=["Maximum"],
        )
        return max((point["Maximum"] for point in answer["Datapoints"]), default=0.0)
