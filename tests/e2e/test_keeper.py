"""The keeper on a deployed environment: it heals a model, takes over a rotated key, tells of drift, and goes."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from osml.deploy import secret
from sandbox import launcher
from sandbox.instance import REGION, Instance
from sandbox.models.control import struck
from tests.e2e.conftest import Engine
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import Deployment, until
from tests.undeploying import undeploy

NAME, SECRET = "kept", "osml/kept/deepseek"
STACK = f"osml-{NAME}-knowledge"
# Seconds: a round waits for most of its time for an endpoint that is down.
SHORT_ROUND = 45
QUESTION = "What's the population increase of New York City from 2021 to 2023?"


@dataclass
class Keeper:
    """The deployed function, what it logs and what it measures."""

    function: str
    group: str

    def calls(self) -> list[dict[str, Any]]:
        """The last line of every call, which holds its metrics; oldest first."""
        return [line for line in self.lines() if "_aws" in line]

    def lines(self) -> list[dict[str, Any]]:
        events = boto3.client("logs").filter_log_events(logGroupName=self.group)["events"]
        found = [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]
        return [json.loads(line) for line in found if line.startswith("{")]

    def call(self, event: dict[str, Any] | None = None) -> dict[str, int]:
        """One round; returns its metrics."""
        before = len(self.calls())
        payload = json.dumps(event or {"source": "aws.events"})
        answer = boto3.client("lambda").invoke(FunctionName=self.function, Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()
        until(lambda: len(self.calls()) > before)
        print(*self.lines(), sep="\n")
        return self.numbers(self.calls()[-1])

    @staticmethod
    def numbers(line: dict[str, Any]) -> dict[str, int]:
        found = {name: sum(line[name]) for name in ("Unhealed", "Healed", "Drifted", "Swept")}
        return {name: number for name, number in found.items() if number}

    def measured(self, metric: str) -> float:
        """The most that CloudWatch has of a metric."""
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


@pytest.fixture(scope="module")
def deployment(local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("environments")
    settings = bare_sandbox()
    settings["answer"]["secret"]["name"] = SECRET
    (directory / f"{NAME}.yaml").write_text(yaml.safe_dump(settings))
    key = local_cloud.deepseek_key.read_text()
    secret.put(SECRET, "api_key", key.split()[0], REGION)
    deployment = Deployment(NAME, directory, local_cloud, tmp_path_factory.mktemp("kept"))
    try:
        deployment.deploy()
        deployment.ingest()
        yield deployment
    finally:
        deployment.destroy()
        local_cloud.deepseek_key.write_text(key)
        boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def keeper(deployment: Deployment) -> Keeper:
    client = boto3.client("cloudformation")
    resources = client.describe_stack_resources(StackName=STACK)["StackResources"]
    ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    (function,) = (
        resource["PhysicalResourceId"] for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"
    )
    (group,) = (ids[name] for name in ids if name.startswith("KeeperLog"))
    return Keeper(function, group)


def test_where_all_is_well_it_writes_nothing(keeper: Keeper, engine: Engine) -> None:
    before = engine.ml_documents()
    assert keeper.call() == {}
    assert engine.ml_documents() == before


def test_a_model_that_was_undeployed_answers_again(keeper: Keeper, deployment: Deployment, engine: Engine) -> None:
    model_id = deployment.outputs("knowledge")["AnswerModelId"]
    undeploy(engine, model_id)
    assert keeper.call() == {"Healed": 1}
    assert engine("GET", f"/_plugins/_ml/models/{model_id}")["model_state"] == "DEPLOYED"
    assert keeper.measured("Healed") == 1


def test_a_new_key_is_at_work_before_the_old_one_is_refused(
    keeper: Keeper, deployment: Deployment, local_cloud: Instance
) -> None:
    old, new = local_cloud.deepseek_key.read_text().split()[0], "sk-rotated-0123456789abcdef"
    calls = len(keeper.calls())
    local_cloud.deepseek_key.write_text(f"{old}\n{new}\n")
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"api_key": new}))
    until(lambda: len(keeper.calls()) > calls, 60)
    local_cloud.deepseek_key.write_text(f"{new}\n")
    assert "18,937,000" in str(deployment.ask(QUESTION).text)
    request = keeper.calls()[-1]["request"]
    renewed = [line for line in keeper.lines() if line["request"] == request and line.get("finding") == "Renewed"]
    assert [line["about"].startswith("Connector AnswerConnector") for line in renewed] == [True]
    assert keeper.call() == {}
    assert not [line for line in keeper.lines() if new in json.dumps(line) or old in json.dumps(line)]


def test_a_refused_key_fires_the_alarm(keeper: Keeper, deployment: Deployment, local_cloud: Instance) -> None:
    right = local_cloud.deepseek_key.read_text()
    local_cloud.deepseek_key.write_text("sk-another-0123456789abcdef\n")
    try:
        assert keeper.call() == {"Unhealed": 1}
    finally:
        local_cloud.deepseek_key.write_text(right)
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [alarm["StateValue"] for alarm in alarms if alarm["MetricName"] == "Unhealed"] == ["ALARM"]
    assert keeper.measured("Unhealed") == 1
    assert keeper.call() == {}


def test_an_endpoint_that_stays_down_is_reported_until_it_answers(
    keeper: Keeper, deployment: Deployment, local_cloud: Instance
) -> None:
    boto3.client("lambda").update_function_configuration(FunctionName=keeper.function, Timeout=SHORT_ROUND)
    with struck(launcher.settings(local_cloud)["models_url"], "deepseek", fail=1.0, fail_status=503):
        assert keeper.call() == {"Unhealed": 1}
        line = next(line for line in reversed(keeper.lines()) if line.get("finding") == "Unhealed")
        assert line["about"].startswith("Model AnswerModel")
        assert "503" in line["why"]
    assert keeper.call() == {}
    assert "18,937,000" in str(deployment.ask(QUESTION).text)


def test_changes_by_hand_are_reported_and_not_undone(keeper: Keeper, deployment: Deployment, engine: Engine) -> None:
    parameters = boto3.client("ssm").get_parameters_by_path(Path=f"/osml/{STACK}")["Parameters"]
    objects = [json.loads(parameter["Value"]) for parameter in parameters]
    (name,) = (resource["id"] for resource in objects if resource["kind"] == "IngestPipeline")
    path = f"/_ingest/pipeline/{name}"
    (pipeline,) = engine("GET", path).values()
    engine("PUT", path, {**pipeline, "processors": []})
    try:
        assert keeper.call() == {"Drifted": 1}
        assert next(iter(engine("GET", path).values()))["processors"] == []
        line = next(line for line in reversed(keeper.lines()) if line.get("finding") == "Drifted")
        assert line["about"].startswith("IngestPipeline")
        assert "pipeline" in line["why"]
    finally:
        engine("PUT", path, pipeline)
    assert keeper.call() == {}


def test_it_is_called_on_schedule_and_on_rotation_and_goes_with_its_stack(
    keeper: Keeper, deployment: Deployment, tmp_path: Path
) -> None:
    client: Any = boto3.client("events")
    rules = client.list_rules()["Rules"]
    assert sorted(rule.get("ScheduleExpression", "") for rule in rules) == ["", "rate(15 minutes)"]
    for rule in rules:
        (target,) = client.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"].endswith(f":{keeper.function}")
    parameters = boto3.client("ssm").get_parameters_by_path(Path=f"/osml/{STACK}")["Parameters"]
    assert {json.loads(parameter["Value"])["kind"] for parameter in parameters} >= {"Connector", "Model", "Index"}
    deployment.destroy()
    assert client.list_rules()["Rules"] == []
    assert boto3.client("ssm").get_parameters_by_path(Path=f"/osml/{STACK}")["Parameters"] == []
    assert keeper.function not in [
        function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]
    ]
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
