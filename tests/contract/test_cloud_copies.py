"""A model that stops when nobody calls it and starts at the next call, in a cloud process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from botocore.exceptions import ClientError

import opensearch_ml as ml
from opensearch_ml.providers.model_copies import Scaling
from tests.contract.cloud_process import CAPABILITIES, DRIVER, Cloud, running
from tests.contract.test_cloud_models import Models, models

assert models
NAME = "sleeper"
# The clock of copies has the time in the file `clock`: on a busy machine, seconds pass between two calls.
STILL = """
from functools import partialmethod
from sandbox.cloud.component_copies import ComponentCopies

def clock():
    file = settings.home / "clock"
    return float(file.read_text()) if file.exists() else 0.0

ComponentCopies.__init__ = partialmethod(ComponentCopies.__init__, clock)
"""
DRIVEN = DRIVER.replace("from sandbox.cloud.server import run\n", f"from sandbox.cloud.server import run\n{STILL}")
SCALING = Scaling(minimum=0, maximum=1, calls_at_once=4)


def answers(stack: Stack) -> None:
    ml.AnswerEndpoint(stack, "Model", name=NAME).create(
        model="deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
        container="tgi",
        image="763104351884.dkr.ecr.us-east-1.amazonaws.com/tgi:1",
        model_data=None,
        instance_type="ml.g6.2xlarge",
        gpus=1,
        instances=1,
        health_check_seconds=900,
        scaling=SCALING,
    )


def embeds(stack: Stack) -> None:
    ml.EmbeddingEndpoint(stack, "Model", name=NAME).create(
        model="sentence-transformers/all-MiniLM-L6-v2",
        instance_type="ml.c6i.xlarge",
        instances=1,
        batch_size=32,
        image="683313688378.dkr.ecr.us-east-1.amazonaws.com/tei-cpu:1",
        scaling=SCALING,
    )


def template(folder: Path, model: Callable[[Stack], None] = answers) -> dict[str, Any]:
    """The stack of an endpoint that stops, with a model that the local cloud runs."""
    app = App(outdir=str(folder))
    model(Stack(app, NAME))
    made: dict[str, Any] = json.loads((Path(app.synth().directory) / f"{NAME}.template.json").read_text())
    made.pop("Rules", None)
    made.pop("Parameters", None)
    return made


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Cloud]:
    url = f"http://127.0.0.1:{models.server_address[1]}"
    with running(tmp_path_factory.mktemp("cloud"), DRIVEN, models_url=url) as process:
        yield process


def deployed(cloud: Cloud, body: dict[str, Any]) -> None:
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=NAME, TemplateBody=json.dumps(body), Capabilities=CAPABILITIES)
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def removed(cloud: Cloud) -> None:
    cloudformation = cloud.client("cloudformation")
    cloudformation.delete_stack(StackName=NAME)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


@pytest.fixture
def called(cloud: Cloud) -> Any:
    """Call the model; returns a status, or the error code and first sentence for a model without copies."""
    runtime = cloud.client("sagemaker-runtime")

    def call() -> Any:
        try:
            named = {"EndpointName": NAME, "InferenceComponentName": NAME, "ContentType": "application/json"}
            answer = runtime.invoke_endpoint(Body=b'{"inputs": ["a"]}', **named)
        except ClientError as refusal:
            said = refusal.response["Error"]
            return said["Code"], said["Message"].partition(". ")[0]
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    return call


NO_COPY = ("ValidationError", "Inference Component has no capacity to process this request")


def copies(cloud: Cloud) -> tuple[str, int, int]:
    seen = cloud.client("sagemaker").describe_inference_component(InferenceComponentName=NAME)
    return (
        seen["InferenceComponentStatus"],
        seen["RuntimeConfig"]["DesiredCopyCount"],
        seen["RuntimeConfig"]["CurrentCopyCount"],
    )


def stop(cloud: Cloud) -> None:
    """Stop the model, as Application Auto Scaling does after a quarter of an hour."""
    cloud.client("sagemaker").update_inference_component_runtime_config(
        InferenceComponentName=NAME, DesiredRuntimeConfig={"CopyCount": 0}
    )


@pytest.mark.parametrize("model", [answers, embeds])
def test_the_first_call_starts_it_once_and_a_later_one_is_answered(
    cloud: Cloud, called: Any, tmp_path: Path, model: Callable[[Stack], None]
) -> None:
    clock = cloud.home / "clock"
    now = float(clock.read_text()) if clock.exists() else 0.0
    deployed(cloud, template(tmp_path, model))
    assert (copies(cloud), called()) == (("InService", 1, 1), 200)
    stop(cloud)
    assert copies(cloud) == ("InService", 0, 0)
    assert [called(), called()] == [NO_COPY] * 2
    assert copies(cloud) == ("Updating", 1, 0)
    # A start takes five seconds.
    clock.write_text(str(now + 4))
    assert called() == NO_COPY
    clock.write_text(str(now + 6))
    assert called() == 200
    assert copies(cloud) == ("InService", 1, 1)
    stop(cloud)
    assert called() == NO_COPY
    assert copies(cloud) == ("Updating", 1, 0)
    removed(cloud)


@pytest.mark.parametrize("without", ["AWS::CloudWatch::Alarm", "step policy"])
def test_without_an_alarm_that_runs_a_step_policy_it_stays_stopped(
    cloud: Cloud, called: Any, tmp_path: Path, without: str
) -> None:
    body = template(tmp_path)
    for id, resource in [*body["Resources"].items()]:
        if resource["Type"] == without:
            del body["Resources"][id]
        elif without == "step policy" and resource["Type"] == "AWS::CloudWatch::Alarm":
            resource["Properties"]["AlarmActions"] = ["arn:aws:sns:us-east-1:000000000000:somebody"]
    deployed(cloud, body)
    stop(cloud)
    assert called() == NO_COPY
    assert copies(cloud) == ("InService", 0, 0)
    removed(cloud)
