"""A model that stops when nobody calls it and starts at the next call, in a cloud process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from botocore.exceptions import ClientError

import opensearch_ml as ml
from opensearch_ml.providers.model_copies import Scaling
from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python
from sandbox.instance import CHECKOUT
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


# Two regions have a component of one name. The script stops one, deletes it and makes it again.
IN_TWO_REGIONS = r"""
import json
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services.cloudformation import provisioners
from sandbox.cloud.sagemaker import Registry

set_request_account_id("test")
registry = Registry({})
registry._check_component = lambda props: None  # its endpoint is no part of this
registry.install()
handlers = provisioners._RESOURCE_HANDLERS["AWS::SageMaker::InferenceComponent"]
props = {"InferenceComponentName": "one", "EndpointName": "e", "RuntimeConfig": {"CopyCount": 2}, "Specification": {}}

def seen():
    there = []
    for region in ("us-east-1", "eu-west-1"):
        set_request_region(region)
        try:
            there.append(registry.copies.current("one"))
        except KeyError:
            there.append(None)
    return there

ids = {}
for region in ("us-east-1", "eu-west-1"):
    set_request_region(region)
    ids[region], _ = handlers["create"]("Component", props, "stack")
steps = [seen()]
set_request_region("us-east-1")
registry.copies.set("one", 0)
steps.append(seen())
set_request_region("us-east-1")
handlers["delete"](ids["us-east-1"], props)
steps.append(seen())
set_request_region("us-east-1")
handlers["create"]("Component", props, "stack")
steps.append(seen())
print(json.dumps(steps))
"""


def test_a_deleted_component_leaves_no_copies_and_those_of_another_region_stay(tmp_path: Path) -> None:
    python = cloud_python(cache_directory(), print)
    places = dict.fromkeys(("HOME", "TMPDIR", "STATE_DIR"), str(tmp_path))
    done = subprocess.run(
        [str(python), "-c", IN_TWO_REGIONS],
        env={"PATH": os.environ["PATH"], **places, "AUTH": "true", "PYTHONPATH": str(CHECKOUT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[2, 2], [0, 2], [None, 2], [2, 2]]
