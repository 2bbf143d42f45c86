"""Whom the alarms notify, and what the dashboard shows of an environment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Templates = dict[str, dict[str, Any]]
OfType = Callable[..., dict[str, Any]]
Flat = Callable[[Any], Any]
ENVIRONMENTS = Path(__file__).parents[2] / "environments"
ARN = "arn:aws:sns:us-east-1:111122223333:operations"
ALARM, TOPIC = "AWS::CloudWatch::Alarm", "AWS::SNS::Topic"


@pytest.fixture(scope="module")
def with_alarms_to(
    synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Templates]:
    """The templates of `of`, by default dev, with `alarms: {topic: …}` and a drop."""
    made: dict[tuple[str, str], Templates] = {}

    def templates(topic: str, of: str = "dev") -> Templates:
        if (topic, of) not in made:
            folder = tmp_path_factory.mktemp("told")
            (folder / f"{of}.yaml").write_text(written(of, topic))
            made[topic, of] = synthesize(of, folder)
        return made[topic, of]

    return templates


def written(of: str, topic: str) -> str:
    """The file of the environment `of` with a topic and a drop."""
    settings = yaml.safe_load((ENVIRONMENTS / f"{of}.yaml").read_text())
    return yaml.safe_dump({**settings, "alarms": {"topic": topic}, "drop": {}})


def alarms(templates: Templates, of_type: OfType) -> dict[str, dict[str, Any]]:
    return {
        name: value["Properties"] for template in templates.values() for name, value in of_type(template, ALARM).items()
    }


def test_every_alarm_tells_a_topic_that_exists(with_alarms_to: Callable[..., Templates], of_type: OfType) -> None:
    raised = alarms(with_alarms_to(ARN), of_type)
    assert len(raised) == 9
    assert {(str(item["AlarmActions"]), str(item["OKActions"])) for item in raised.values()} == {(f"['{ARN}']",) * 2}
    assert [template for template in with_alarms_to(ARN).values() if of_type(template, TOPIC)] == []


def test_an_address_gets_a_topic_that_cloudwatch_may_write_to(
    with_alarms_to: Callable[..., Templates], of_type: OfType, flat: Flat
) -> None:
    templates = with_alarms_to("team@example.com")
    search = templates["osml-dev-search"]
    [(topic_id, topic)] = ((id, value) for id, value in of_type(search, TOPIC).items() if value["Type"] == TOPIC)
    assert topic["Properties"]["TopicName"] == "osml-dev-alarms"
    [mail] = (resource["Properties"] for resource in of_type(search, "AWS::SNS::Subscription").values())
    assert mail == {"Protocol": "email", "Endpoint": "team@example.com", "TopicArn": {"Ref": topic_id}}
    [policy] = of_type(search, "AWS::SNS::TopicPolicy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert {statement["Effect"]: statement.get("Principal") for statement in statements} == {
        "Deny": "*",
        "Allow": {"Service": "cloudwatch.amazonaws.com"},
    }
    named = "arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:osml-dev-alarms"
    assert {str(flat(alarm["AlarmActions"])) for alarm in alarms(templates, of_type).values()} == {f"['{named}']"}


def test_no_stack_imports_the_topic(with_alarms_to: Callable[..., Templates]) -> None:
    """Otherwise CloudFormation could not remove the export when somebody removes `alarms` from the file."""
    for name, template in with_alarms_to("team@example.com").items():
        imported = [line for line in json.dumps(template).split("Fn::ImportValue")[1:] if "larm" in line[:120]]
        assert imported == [], name


def test_without_a_topic_the_alarms_are_there_and_tell_nobody(
    templates: Callable[[str], Templates], of_type: OfType
) -> None:
    raised = alarms(templates("dev"), of_type)
    assert len(raised) == 7
    assert [name for name, value in raised.items() if "AlarmActions" in value] == []


def test_the_limits_of_the_file_are_alarms_of_the_assistant(
    synthesize: Callable[..., Templates], tmp_path: Path, of_type: OfType
) -> None:
    settings = yaml.safe_load((ENVIRONMENTS / "dev.yaml").read_text())
    settings["answer"] = {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0"}
    settings["recipe"] = "bedrock-converse"
    settings["alarms"] = {"topic": ARN, "first_word_seconds": 4.5, "grounded_percent": 70, "usd_per_day": 20}
    (tmp_path / "dev.yaml").write_text(yaml.safe_dump(settings))
    templates = synthesize("dev", tmp_path)
    limits = {
        alarm["MetricName"]: alarm
        for alarm in alarms(templates, of_type).values()
        if {"Name": "service", "Value": "assistant"} in alarm["Dimensions"]
    }
    said = ("ExtendedStatistic", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold")
    assert {name: tuple(alarm.get(each) for each in said) for name, alarm in limits.items()} == {
        "FirstWord": ("p90", None, 300, 3, "GreaterThanThreshold", 4500),
        "Groundedness": (None, "Average", 3600, 3, "LessThanThreshold", 70),
        "TokenCost": (None, "Sum", 86400, 1, "GreaterThanThreshold", 20),
    }
    assert {str(alarm["AlarmActions"]) for alarm in limits.values()} == {f"['{ARN}']"}
    [board] = of_type(templates["osml-dev-search"], "AWS::CloudWatch::Dashboard").values()
    for name in limits:
        assert f'"{name}"' in json.dumps(board).replace("\\", "")


@pytest.mark.parametrize(("topic", "kind"), [(ARN, "SNS"), ("team@example.com", "EMAIL")])
def test_a_budget_tells_whom_the_alarms_tell_of_what_has_the_tag(
    synthesize: Callable[..., Templates], tmp_path: Path, of_type: OfType, topic: str, kind: str
) -> None:
    settings = yaml.safe_load(written("dev", topic)) | {"budget": {"usd_per_month": 300}}
    (tmp_path / "dev.yaml").write_text(yaml.safe_dump(settings))
    search = synthesize("dev", tmp_path)["osml-dev-search"]
    [made] = [resource["Properties"] for resource in of_type(search, "AWS::Budgets::Budget").values()]
    assert made["Budget"]["BudgetLimit"] == {"Amount": 300, "Unit": "USD"}
    key, _, value = made["Budget"]["CostFilters"]["TagKeyValue"][0].removeprefix("user:").partition("$")
    [domain] = of_type(search, "AWS::OpenSearchService::Domain").values()
    assert {"Key": key, "Value": value} in domain["Properties"]["Tags"]
    subscribed = {
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"]): each["Subscribers"]
        for each in made["NotificationsWithSubscribers"]
    }
    subscribers = [{"SubscriptionType": kind, "Address": topic}]
    assert subscribed == {("ACTUAL", 80): subscribers, ("FORECASTED", 100): subscribers}


def test_a_domain_is_watched(templates: Callable[[str], Templates], of_type: OfType) -> None:
    metrics = {
        alarm["MetricName"]: (alarm["ComparisonOperator"][:4], alarm["Threshold"])
        for alarm in alarms(templates("prod"), of_type).values()
        if alarm["Namespace"] == "AWS/ES"
    }
    assert metrics == {
        "ClusterStatus.red": ("Grea", 1),
        "ClusterIndexWritesBlocked": ("Grea", 1),
        "JVMMemoryPressure": ("Grea", 95),
        "5xx": ("Grea", 50),
        # A quarter of a node's 100 GiB, in MiB.
        "FreeStorageSpace": ("Less", 25600),
    }


@pytest.mark.parametrize(
    ("environment", "namespaces"),
    [
        ("dev", {"AWS/ES", "AWS/SageMaker", "osml", "AWS/ApiGateway"}),
        ("sandbox-aoss", {"AWS/AOSS", "AWS/SageMaker", "osml", "AWS/ApiGateway"}),
    ],
)
def test_a_dashboard_shows_all_parts(
    templates: Callable[[str], Templates], of_type: OfType, flat: Flat, environment: str, namespaces: set[str]
) -> None:
    [board] = of_type(templates(environment)[f"osml-{environment}-search"], "AWS::CloudWatch::Dashboard").values()
    assert board["Properties"]["DashboardName"] == f"osml-{environment}"
    widgets = json.loads(flat(board["Properties"]["DashboardBody"]))["widgets"]
    assert {row[0] for widget in widgets for row in widget["properties"]["metrics"]} == namespaces
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)
    for widget in widgets:
        for _, name, *rest in widget["properties"]["metrics"]:
            *dimensions, drawn = rest
            assert name
            assert len(dimensions) % 2 == 0
            assert set(drawn) == {"stat"}


def test_what_alarms_and_dashboard_watch_has_the_same_dimensions(
    templates: Callable[[str], Templates], of_type: OfType, flat: Flat
) -> None:
    """A graph of a metric that nothing writes stays empty."""
    [board] = of_type(templates("dev")["osml-dev-search"], "AWS::CloudWatch::Dashboard").values()
    shown = {
        (namespace, name, *sorted(zip(rest[:-1:2], rest[1:-1:2], strict=True)))
        for widget in json.loads(flat(board["Properties"]["DashboardBody"]))["widgets"]
        for namespace, name, *rest in widget["properties"]["metrics"]
    }
    for alarm in alarms(templates("dev"), of_type).values():
        of = sorted(
            (each["Name"], re.sub("<SearchDomain.*>", "osml-dev", flat(each["Value"]))) for each in alarm["Dimensions"]
        )
        named = (alarm["Namespace"], alarm["MetricName"], *of)
        if alarm["Namespace"] == "AWS/ApiGateway":
            named = (alarm["Namespace"], alarm["MetricName"], ("ApiName", "osml-dev-assistant"), ("Stage", "dev"))
        assert named in shown


def test_findings(with_alarms_to: Callable[..., Templates], cfn_lint: Callable[..., str]) -> None:
    assert cfn_lint([with_alarms_to("team@example.com"), with_alarms_to(ARN)]) == ""
