"""The part of the ingestion stack that keeps an index in step with its sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus.load_settings import LoadSettings

Templates = dict[str, dict[str, Any]]
OfType = Callable[..., dict[str, Any]]
NAME = "osml-sources-ingestion"


@pytest.fixture(scope="module")
def environment(synthesize: Callable[..., Templates]) -> Templates:
    return synthesize("sources", Path(__file__).parent / "environments")


@pytest.fixture(scope="module")
def stack(environment: Templates) -> dict[str, Any]:
    return environment[NAME]


@pytest.fixture(scope="module")
def variables(stack: dict[str, Any], of_type: OfType) -> dict[str, Any]:
    (function,) = of_type(stack, "AWS::Lambda::Function").values()
    return dict(function["Properties"]["Environment"]["Variables"])


def statements(template: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any], part: str) -> dict[str, Any]:
    """The resources of each action in the policy whose logical id contains `part`."""
    (policy,) = (value for name, value in of_type(template, "AWS::IAM::Policy").items() if part in name)
    resources_by_action: dict[str, list[str]] = {}
    for resource in flat(policy["Properties"]["PolicyDocument"]["Statement"]):
        resources = resource["Resource"] if isinstance(resource["Resource"], list) else [resource["Resource"]]
        for action in resource["Action"] if isinstance(resource["Action"], list) else [resource["Action"]]:
            resources_by_action.setdefault(action, []).extend(resources)
    return resources_by_action


def test_the_functions_that_read_files_may_have_scans_recognised_and_are_told_so(
    synthesize: Callable[..., Templates], of_type: OfType, flat: Callable[[Any], Any], tmp_path: Path
) -> None:
    settings = yaml.safe_load((Path(__file__).parent / "environments" / "sources.yaml").read_text())
    settings |= {"drop": {"groups": {"hr/": ["hr"]}}, "assistant": {}, "reading": {"scans": "textract"}}
    settings["index"] = settings.get("index", {}) | {"mask": ["email"], "overlap": 10}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(settings))
    templates = synthesize("sources", tmp_path)
    ingestion, assistant = templates[NAME], templates["osml-sources-assistant"]
    for template, part in ((ingestion, "DropPolicy"), (ingestion, "SourcesPolicy"), (assistant, "DocumentsPolicy")):
        assert statements(template, of_type, flat, part)["textract:DetectDocumentText"] == ["*"]
    assert "textract:DetectDocumentText" not in statements(assistant, of_type, flat, "AskPolicy")
    settings_told = [
        json.loads(flat(variables[name]))
        for template in (ingestion, assistant)
        for function in of_type(template, "AWS::Lambda::Function").values()
        for variables in [function["Properties"].get("Environment", {}).get("Variables", {})]
        for name in variables.keys() & {"DESTINATION", "ASSISTANT"}
    ]
    assert len(settings_told) >= 3
    assert [settings["scans"] for settings in settings_told] == ["textract"] * len(settings_told)
    loading = [LoadSettings(**settings) for settings in settings_told if "passage_characters" in settings]
    assert [(to.index, to.mask, to.passage_overlap) for to in loading] == [("passages", ["email"], 10)] * 2
    assert sorted((dict(to.groups) for to in loading), key=len) == [{}, {"hr/": ["hr"]}]


def test_a_schedule_sends_the_name_of_its_source_in_the_order_of_that_source(
    stack: dict[str, Any], of_type: OfType
) -> None:
    rules = [resource["Properties"] for resource in of_type(stack, "AWS::Events::Rule").values()]
    targets = {json.loads(rule["Targets"][0]["Input"])["source"]: rule for rule in rules}
    assert {name: target["ScheduleExpression"] for name, target in targets.items()} == {
        "handbook": "cron(0 3 * * ? *)",
        "price-list": "cron(0/30 * * * ? *)",
    }
    assert {name: target["Targets"][0]["SqsParameters"]["MessageGroupId"] for name, target in targets.items()} == {
        name: name for name in targets
    }


def test_messages_are_in_order_and_come_back_after_the_functions_time(stack: dict[str, Any], of_type: OfType) -> None:
    values = of_type(stack, "AWS::SQS::Queue").values()
    queues = [resource["Properties"] for resource in values if resource["Type"] == "AWS::SQS::Queue"]
    assert [(queue["FifoQueue"], queue["ContentBasedDeduplication"]) for queue in queues] == [(True, True)] * 2
    (hidden,) = {queue["VisibilityTimeout"] for queue in queues if "RedrivePolicy" in queue}
    (function,) = of_type(stack, "AWS::Lambda::Function").values()
    assert hidden >= function["Properties"]["Timeout"] == 900
    (mapping,) = of_type(stack, "AWS::Lambda::EventSourceMapping").values()
    assert mapping["Properties"]["BatchSize"] == 1


def test_the_function_is_told_the_sources_and_no_secret(variables: dict[str, Any]) -> None:
    assert json.loads(variables["SOURCES"]) == {
        "handbook": {
            "kind": "website",
            "start": ["https://docs.example.com/"],
            "exclude": ["*/archive/*"],
            "most_removed": 20,
        },
        "price-list": {"kind": "s3", "bucket": "our-prices", "prefix": "lists/"},
        "code": {"kind": "git", "url": "https://github.com/a/b.git", "folder": "docs"},
    }
    assert "secret:git-token" in json.dumps(variables["SECRETS"])
    assert int(variables["SLICE_SECONDS"]) < 900


def test_the_function_may_read_its_sources_and_write_the_index(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    allowed = statements(stack, of_type, flat, "SourcesPolicy")
    assert set(allowed) == {
        *(f"logs:{word}" for word in ("CreateLogStream", "PutLogEvents")),
        *(
            f"sqs:{word}"
            for word in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        ),
        *("sqs:SendMessage", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "es:ESHttpPost"),
        *("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
    }
    assert all("State" in item for item in allowed["s3:PutObject"])
    assert "arn:<AWS::Partition>:s3:::our-prices/lists/*" in allowed["s3:GetObject"]
    paths = {item.partition("/")[2].partition("/")[2] for item in allowed["es:ESHttpPost"]}
    assert paths == {"_bulk", "passages/_refresh", "passages/_search"}


def test_an_operator_begins_runs_and_sees_them(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    allowed = statements(stack, of_type, flat, "OperatorPolicy")
    assert set(allowed) == {"sqs:SendMessage", "s3:GetObject", "s3:ListBucket"}
    assert all(item.endswith("/runs/*") for item in allowed["s3:GetObject"])


def test_alarms_tell_of_dead_letters_and_of_sources_that_are_not_in_step(
    stack: dict[str, Any], of_type: OfType
) -> None:
    alarms = [resource["Properties"] for resource in of_type(stack, "AWS::CloudWatch::Alarm").values()]
    assert {alarm["MetricName"] for alarm in alarms} == {"ApproximateNumberOfMessagesVisible", "SourceFailed"}
    assert all(alarm["Threshold"] == 1 and alarm["TreatMissingData"] == "notBreaching" for alarm in alarms)
