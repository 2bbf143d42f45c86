"""Templates of an embedding model that stops: what stops and starts it, and who learns how long a start takes."""

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
Flat = Callable[[Any], Any]
NAME = "asleep"
COMPONENT = f"osml-{NAME}-embedding"
SANDBOX = Path(__file__).resolve().parents[2] / "environments" / "sandbox.yaml"


@pytest.fixture(scope="module")
def made(synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory) -> Templates:
    settings = {**yaml.safe_load(SANDBOX.read_text()), "drop": {}}
    settings["embedding"]["scaling"] = {"minimum": 0, "calls_at_once": 8}
    directory = tmp_path_factory.mktemp("environments")
    (directory / f"{NAME}.yaml").write_text(yaml.safe_dump(settings))
    return synthesize(NAME, directory)


def test_a_component_stops_and_a_call_starts_it(made: Templates, of_type: OfType, flat: Flat) -> None:
    inference = made[f"osml-{NAME}-inference"]
    [component] = [each["Properties"] for each in of_type(inference, "AWS::SageMaker::InferenceComponent").values()]
    assert component["InferenceComponentName"] == COMPONENT
    # A deploy ends only after the model has answered.
    assert component["RuntimeConfig"] == {"CopyCount": 1}
    # Three of the four processors of an ml.c6i.xlarge, so that two copies do not fit on one.
    needs = component["Specification"]["ComputeResourceRequirements"]
    assert needs == {"NumberOfCpuCoresRequired": 3, "MinMemoryRequiredInMb": 2048}
    [shape] = [each["Properties"] for each in of_type(inference, "AWS::SageMaker::EndpointConfig").values()]
    [variant] = shape["ProductionVariants"]
    assert "ModelName" not in variant
    assert variant["ManagedInstanceScaling"] == {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 1}
    [target] = [
        each["Properties"] for each in of_type(inference, "AWS::ApplicationAutoScaling::ScalableTarget").values()
    ]
    assert (target["ResourceId"], target["MinCapacity"]) == (f"inference-component/{COMPONENT}", 0)
    policies = [
        each["Properties"] for each in of_type(inference, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    ]
    steps = [policy["StepScalingPolicyConfiguration"] for policy in policies if policy["PolicyType"] == "StepScaling"]
    # The time of a start: 180 seconds, and a fifth of the 600 that the container may take to load.
    assert [step["Cooldown"] for step in steps] == [300]
    [alarm] = [each["Properties"] for each in of_type(inference, "AWS::CloudWatch::Alarm").values()]
    assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": COMPONENT}]
    groups = {flat(each["Properties"]["LogGroupName"]) for each in of_type(inference, "AWS::Logs::LogGroup").values()}
    assert groups == {f"/aws/sagemaker/{kind}/{COMPONENT}" for kind in ("Endpoints", "InferenceComponents")}


def test_the_connector_names_the_component_and_may_call_it(made: Templates, of_type: OfType, flat: Flat) -> None:
    knowledge = made[f"osml-{NAME}-knowledge"]
    [connector] = [
        json.loads(flat(each["Properties"]["Spec"]))["connector"]
        for id, each in of_type(knowledge, "Custom::MlConnector").items()
        if id.startswith("Embedding")
    ]
    assert connector["actions"][0]["headers"]["X-Amzn-SageMaker-Inference-Component"] == COMPONENT
    [policy] = [each for id, each in of_type(knowledge, "AWS::IAM::Policy").items() if id.startswith("EmbeddingRole")]
    [statement] = flat(policy["Properties"]["PolicyDocument"]["Statement"])
    arn = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
    assert statement["Resource"] == [f"{arn}:endpoint/{COMPONENT}", f"{arn}:inference-component/{COMPONENT}"]


def test_all_who_call_it_are_told_how_long_a_start_takes(made: Templates, of_type: OfType, flat: Flat) -> None:
    assert made[f"osml-{NAME}-knowledge"]["Outputs"]["EmbeddingStartSeconds"]["Value"] == "300"
    functions = [
        each["Properties"]["Environment"]["Variables"]
        for part in ("assistant", "ingestion")
        for each in of_type(made[f"osml-{NAME}-{part}"], "AWS::Lambda::Function").values()
        if "Environment" in each["Properties"]
    ]
    assistants = [json.loads(flat(each["ASSISTANT"]))["embedding"] for each in functions if "ASSISTANT" in each]
    assert assistants
    assert {json.dumps(each, sort_keys=True) for each in assistants} == {'{"provider": "model", "start_seconds": 300}'}
    [drop] = [LoadSettings(**json.loads(flat(each["DESTINATION"]))) for each in functions if "DESTINATION" in each]
    assert drop.start_seconds == 300


def test_the_keeper_does_not_call_it(made: Templates, of_type: OfType, flat: Flat) -> None:
    parameters = of_type(made[f"osml-{NAME}-knowledge"], "AWS::SSM::Parameter").values()
    described = [json.loads(flat(each["Properties"]["Value"])) for each in parameters]
    models = {each["spec"]["name"]: each.get("asked", True) for each in described if each.get("kind") == "Model"}
    assert models == {f"osml-{NAME}-embedding": False, f"osml-{NAME}-answer": True}


@pytest.mark.parametrize(
    ("instance_type", "accelerators", "cores"),
    [
        ("ml.m5.large", 0, 1.5),
        ("ml.c6i.xlarge", 0, 3),
        ("ml.c7i.12xlarge", 0, 36),
        ("ml.t2.medium", 0, 0.75),
        ("ml.g5.2xlarge", 1, None),
    ],
)
def test_a_copy_has_an_instance_of_its_own(instance_type: str, accelerators: int, cores: float | None) -> None:
    from opensearch_ml.providers.embedding_endpoint import needs_of

    needs = needs_of(instance_type, accelerators)
    assert needs.number_of_cpu_cores_required == cores
    assert needs.number_of_accelerator_devices_required == (accelerators or None)
