"""The keeper in the templates: what it watches, what calls it, and its permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

import opensearch_ml as ml
from mlcommons.kinds import CUSTOM
from mlcommons.watched import folder_of

Templates = dict[str, dict[str, Any]]
OfType = Callable[..., dict[str, Any]]
DIRECTORY = Path(__file__).parents[2] / "environments"
# The size limit of a parameter in the standard tier, in bytes.
FREE = 4096


@pytest.fixture
def knowledge(templates: Callable[[str], Templates]) -> dict[str, Any]:
    return templates("sandbox")["osml-sandbox-knowledge"]


def described(template: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]) -> dict[str, Any]:
    parameters = [resource["Properties"] for resource in of_type(template, "AWS::SSM::Parameter").values()]
    return {
        parameter["Name"]: json.loads(flat(parameter["Value"]))
        for parameter in parameters
        if parameter["Name"].startswith("/osml/osml-")
    }


def compared(stacks: Templates, of_type: OfType, flat: Callable[[Any], Any]) -> set[str]:
    """Check that each object has a parameter that describes it as its resource does; returns the parts of objects.

    The construct library shares no code with the keeper, so these names are declared on both sides.
    """
    parts = set()
    for stack, template in stacks.items():
        made = of_type(template, CUSTOM)
        description = described(template, of_type, flat)
        assert set(description) == {f"{folder_of(stack)}/{name}" for name in made}
        for name, resource in made.items():
            watched = description[f"{folder_of(stack)}/{name}"]
            assert f"{CUSTOM}{watched['kind']}" == resource["Type"]
            assert watched["id"] == f"<{name}>"
            assert watched["spec"] == json.loads(flat(resource["Properties"]["Spec"]))
            assert watched["target"] == json.loads(flat(resource["Properties"]["Target"]))
        parts |= {stack.rpartition("-")[2]} if made else set()
    return parts


def test_every_object_of_every_stack_is_described_as_it_is_provisioned(
    templates: Callable[[str], Templates], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    assert compared(templates("sandbox"), of_type, flat) == {"knowledge", "assistant"}


def test_objects_that_a_team_adds_after_the_keeper_are_described_too(
    of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    app = App(context={"aws:cdk:bundling-stacks": []})
    stack, other = Stack(app, "osml-own-knowledge"), Stack(app, "other")
    for each in (stack, other):
        provisioner = ml.Provisioner(each, "Provisioner")
        target = ml.Target(endpoint="https://engine", region="us-east-1", provisioner=provisioner)
        group = ml.MlModelGroup(each, "Group", target=target, name="g")
        if each is stack:
            ml.Keeper(each, "Keeper", environment="own", provisioner=provisioner)
        model = ml.MlModel(each, "Model", target=target, name="m", group=group, connector="c", probe={})
        ml.MlAgent(each, "Agent", target=target, name="plans", tools=[ml.query_planning(model)])
    whole = {each.stack_name: Template.from_stack(each).to_json() for each in (stack, other)}
    assert compared({stack.stack_name: whole[stack.stack_name]}, of_type, flat) == {"knowledge"}
    assert len(of_type(whole[stack.stack_name], "Custom::Ml")) == 3
    assert described(whole["other"], of_type, flat) == {}


def test_without_a_keeper_and_with_a_drop_every_object_is_described_too(
    synthesize: Callable[..., Templates], of_type: OfType, flat: Callable[[Any], Any], tmp_path: Path
) -> None:
    loading = (DIRECTORY.parent / "tests" / "synth" / "environments" / "batches.yaml").read_text()
    (tmp_path / "batches.yaml").write_text(f"{loading}keeper: off\n")
    stacks = synthesize("batches", tmp_path)
    assert compared(stacks, of_type, flat) == {"knowledge", "ingestion"}
    assert not [name for name in of_type(stacks["osml-batches-knowledge"], "AWS::Lambda::Function") if "Keeper" in name]


@pytest.mark.parametrize("environment", sorted(file.stem for file in DIRECTORY.glob("*.yaml")))
def test_what_it_watches_is_kept_for_nothing(
    templates: Callable[[str], Templates], of_type: OfType, flat: Callable[[Any], Any], environment: str
) -> None:
    for template in templates(environment).values():
        for resource in of_type(template, "AWS::SSM::Parameter").values():
            # Names of regions, roles and ids replace shorter references when the stack is deployed.
            assert len(flat(resource["Properties"]["Value"])) < FREE - 256


def test_it_is_called_every_quarter_of_an_hour_and_when_the_key_has_changed(
    knowledge: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    schedule, rotation = sorted(
        (flat(rule["Properties"]) for rule in of_type(knowledge, "AWS::Events::Rule").values()),
        key=lambda rule: "EventPattern" in rule,
    )
    assert schedule["ScheduleExpression"] == "rate(15 minutes)"
    secret = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:osml/sandbox/deepseek-"
    assert rotation["EventPattern"] == {
        "source": ["aws.secretsmanager"],
        "detail-type": ["Secret Label Updated"],
        "detail": {"labelUpdated": ["AWSCURRENT"]},
        "resources": [{"prefix": secret}],
    }
    for rule in (schedule, rotation):
        assert [target["Arn"] for target in rule["Targets"]] == [rotation["Targets"][0]["Arn"]]


def test_it_signs_as_the_provisioner_and_gets_only_read_permissions(
    knowledge: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    ((_, policy),) = (
        (name, value) for name, value in of_type(knowledge, "AWS::IAM::Policy").items() if "Keeper" in name
    )
    (function,) = of_type(knowledge, "AWS::Lambda::Function").values()
    properties = flat(policy["Properties"])
    allowed = {
        str(statement["Action"]): statement["Resource"] for statement in properties["PolicyDocument"]["Statement"]
    }
    assert set(allowed) == {
        "['logs:CreateLogStream', 'logs:PutLogEvents']",
        "cloudformation:DescribeStacks",
        "ssm:GetParametersByPath",
        "secretsmanager:DescribeSecret",
    }
    stacks = ["osml-sandbox-knowledge", "osml-sandbox-assistant"]
    read = {item.partition(":parameter")[2] for item in allowed["ssm:GetParametersByPath"]}
    assert read == {folder_of(stack) for stack in stacks}
    described = {item.partition(":stack")[2] for item in allowed["cloudformation:DescribeStacks"]}
    assert described == {f"/{stack}/*" for stack in stacks}
    assert function["Properties"]["Environment"]["Variables"]["STACKS"] == " ".join(stacks)
    assert "ProvisionerRole" in properties["Roles"][0]
    assert "ProvisionerRole" in flat(function["Properties"]["Role"])


@pytest.mark.parametrize(
    ("group", "stacks"),
    [("", ["knowledge"]), ("drop: {}\n", ["knowledge", "ingestion"])],
    ids=["none", "drop"],
)
def test_it_watches_the_stacks_that_the_file_has_and_no_others(
    synthesize: Callable[..., Templates], of_type: OfType, tmp_path: Path, group: str, stacks: list[str]
) -> None:
    text = (DIRECTORY / "sandbox.yaml").read_text().replace("assistant: {}\n", group)
    (tmp_path / "sandbox.yaml").write_text(text)
    (function,) = of_type(synthesize("sandbox", tmp_path)["osml-sandbox-knowledge"], "AWS::Lambda::Function").values()
    watched = function["Properties"]["Environment"]["Variables"]["STACKS"]
    assert watched.split() == [f"osml-sandbox-{stack}" for stack in stacks]


def test_one_alarm_tells_of_what_cannot_be_healed(knowledge: dict[str, Any], of_type: OfType) -> None:
    (alarm,) = (resource["Properties"] for resource in of_type(knowledge, "AWS::CloudWatch::Alarm").values())
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"], alarm["Period"]) == (
        "osml",
        "Unhealed",
        1,
        900,
    )
    assert {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]} == {
        "environment": "sandbox",
        "stack": "osml-sandbox-knowledge",
    }


def test_it_gets_ends_of_life_and_the_day_of_their_report(
    synthesize: Callable[..., Templates], of_type: OfType, tmp_path: Path
) -> None:
    text = (DIRECTORY / "sandbox.yaml").read_text().replace("model: deepseek-flash", "model: deepseek-chat")
    (tmp_path / "sandbox.yaml").write_text(text)
    template = synthesize("sandbox", tmp_path)["osml-sandbox-knowledge"]
    (function,) = of_type(template, "AWS::Lambda::Function").values()
    model, runtime = json.loads(function["Properties"]["Environment"]["Variables"]["ENDINGS"])
    assert model == {
        "about": "answer.model",
        "why": "answer.model is 'deepseek-chat', whose end of life is 2026-07-24 "
        "(https://api-docs.deepseek.com/updates/)",
        "told_from": "2026-05-25",
    }
    assert function["Properties"]["Runtime"] in runtime["why"]


@pytest.mark.parametrize(("setting", "rates"), [("off", []), ("{minutes: 60}", ["rate(1 hour)"])])
def test_it_can_be_slower_or_left_out(
    synthesize: Callable[..., Templates], of_type: OfType, tmp_path: Path, setting: str, rates: list[str]
) -> None:
    text = (DIRECTORY / "sandbox.yaml").read_text()
    (tmp_path / "sandbox.yaml").write_text(f"{text}keeper: {setting}\n")
    template = synthesize("sandbox", tmp_path)["osml-sandbox-knowledge"]
    rules = of_type(template, "AWS::Events::Rule").values()
    schedule_expressions = [
        rule["Properties"]["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule["Properties"]
    ]
    assert schedule_expressions == rates
    assert bool(of_type(template, "AWS::Lambda::Function")) is bool(rates)


def test_a_model_that_is_stopped_at_night_is_not_asked(
    synthesize: Callable[..., Templates], of_type: OfType, flat: Callable[[Any], Any], tmp_path: Path
) -> None:
    text = (DIRECTORY / "sandbox.yaml").read_text().replace("recipe: deepseek-api", "recipe: deepseek-sagemaker")
    before, _, after = text.partition("answer:\n")
    stopped = '{stop: "cron(0 20 ? * MON-FRI *)", start: "cron(0 7 ? * MON-FRI *)"}'
    settings = f"{before}answer:\n  size: 1.5B\n  scaling: {stopped}\nindex:{after.partition('index:')[2]}"
    (tmp_path / "sandbox.yaml").write_text(settings.replace("provisioning: 300", "provisioning: 600"))
    objects = described(synthesize("sandbox", tmp_path)["osml-sandbox-knowledge"], of_type, flat)
    unasked = [name for name, value in objects.items() if not value.get("asked", True)]
    assert len(unasked) == 1
    assert "AnswerModel" in unasked[0]


def test_an_imported_model_which_bills_by_time_is_not_asked(
    synthesize: Callable[..., Templates], of_type: OfType, flat: Callable[[Any], Any], tmp_path: Path
) -> None:
    """Bedrock bills five minutes around each call: four probes an hour would be billed for a third of the time."""
    text = (DIRECTORY / "sandbox.yaml").read_text().replace("recipe: deepseek-api", "recipe: deepseek-bedrock")
    before, _, after = text.partition("answer:\n")
    rest = f"index:{after.partition('index:')[2]}"
    tags: dict[str, list[str]] = {}
    for model in ("arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdef123456", "us.deepseek.r1-v1:0"):
        answer = f'answer: {{model: "{model}"}}\n' if model.startswith("arn") else "answer: {region: us-east-1}\n"
        (tmp_path / "sandbox.yaml").write_text(
            f"{before}{answer}{rest}".replace("provisioning: 300", "provisioning: 600")
        )
        objects = described(synthesize("sandbox", tmp_path)["osml-sandbox-knowledge"], of_type, flat)
        tags[model[:3]] = [
            name for name, value in objects.items() if value["kind"] == "Model" and value.get("asked", True)
        ]
    assert [len(tags[word]) for word in ("arn", "us.")] == [1, 2]
    assert "EmbeddingModel" in tags["arn"][0]
