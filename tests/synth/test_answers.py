"""Templates of the recipes that answer: the connector's requests, its role's permissions, how searches address it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from tests.synth import requests_of

Templates = dict[str, dict[str, Any]]
Flat = Callable[[Any], Any]
OfType = Callable[[dict[str, Any], str], dict[str, Any]]
SANDBOX = Path(__file__).resolve().parents[2] / "environments" / "sandbox.yaml"
IMPORTED = "arn:aws:bedrock:us-west-2:111122223333:imported-model/abc123"
SECRET = {"name": "osml/other/key"}
RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "made": ("deepseek-sagemaker", {"size": "70B", "instances": 2, "revision": "0" * 40}),
    "weights": ("deepseek-sagemaker", {"size": "8B", "container": "lmi", "model_data": "s3://weights/r1/8b/"}),
    "sleeps": ("deepseek-sagemaker", {"scaling": {"minimum": 0, "maximum": 2}}),
    "scaled": (
        "deepseek-sagemaker",
        {
            "scaling": {
                "minimum": 1,
                "maximum": 3,
                "stop": "cron(0 20 ? * MON-FRI *)",
                "start": "cron(0 7 ? * MON-FRI *)",
                "timezone": "Europe/Berlin",
            }
        },
    ),
    "found": ("deepseek-sagemaker", {"endpoint": "MyR1", "component": "MyR1-8b", "region": "eu-west-1"}),
    "managed": ("deepseek-bedrock", {"region": "us-west-2", "temperature": 0.0}),
    "imported": ("deepseek-bedrock", {"model": IMPORTED, "max_tokens": 2000}),
    "nova": ("bedrock-converse", {"model": "global.amazon.nova-2-lite-v1:0", "temperature": 0.5}),
    "thinking": ("deepseek-api", {"thinking": True, "max_tokens": 8000, "secret": SECRET}),
    "openai": (
        "openai-chat",
        {"model": "m/7", "endpoint": "llm.example.com", "path": "/x/chat?api-version=1", "secret": SECRET},
    ),
}


@pytest.fixture(scope="module")
def made(synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Templates]:
    """The templates of one of RECIPES, synthesized once."""
    made: dict[str, Templates] = {}
    directory = tmp_path_factory.mktemp("environments")

    def get(name: str) -> Templates:
        if name not in made:
            (directory / f"{name}.yaml").write_text(written(name))
            made[name] = synthesize(name, directory)
        return made[name]

    return get


def written(name: str) -> str:
    """The environment file of one of RECIPES."""
    recipe, answer = RECIPES[name]
    return yaml.safe_dump({**yaml.safe_load(SANDBOX.read_text()), "recipe": recipe, "answer": answer})


@pytest.fixture(scope="module")
def connector(made: Callable[[str], Templates], flat: Flat, of_type: OfType) -> Callable[[str], dict[str, Any]]:
    """The body of the answer connector, with tokens as text."""

    def get(name: str) -> dict[str, Any]:
        resources = of_type(made(name)[f"osml-{name}-knowledge"], "Custom::MlConnector")
        (resource,) = [resource for id, resource in resources.items() if id.startswith("Answer")]
        body: dict[str, Any] = json.loads(flat(resource["Properties"]["Spec"]))["connector"]
        return body

    return get


@pytest.fixture(scope="module")
def allowed(made: Callable[[str], Templates], flat: Flat, of_type: OfType) -> Callable[[str], Any]:
    """The resources on which the answer connector's role may do its only action."""

    def get(name: str) -> Any:
        policies = of_type(made(name)[f"osml-{name}-knowledge"], "AWS::IAM::Policy")
        (policy,) = [policy for id, policy in policies.items() if id.startswith("AnswerRole")]
        (statement,) = flat(policy["Properties"]["PolicyDocument"]["Statement"])
        return statement["Action"], statement["Resource"]

    return get


def sent(connector: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The request's body, completed as the engine does it."""
    assert connector["parameters"]["pre_process_function.process_remote_inference_input"] == "true"
    body: dict[str, Any] = requests_of.sent(connector["actions"][0], **given)
    return body


def test_sagemaker_is_asked_without_an_echo(connector: Any, allowed: Any) -> None:
    body = sent(connector("made"), inputs='a \\"question\\"\\nof two lines')
    assert body["inputs"] == '<｜User｜>a "question"\nof two lines<｜Assistant｜><think>\n'
    assert body["parameters"] == {
        "do_sample": True,
        "return_full_text": False,
        "temperature": 0.6,
        "top_p": 0.95,
        "max_new_tokens": 1024,
    }
    endpoint = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:endpoint/osml-made-answer"
    assert allowed("made") == ("sagemaker:InvokeEndpoint", endpoint)


def test_sagemaker_runs_the_size_that_was_asked_for(made: Any, of_type: OfType, flat: Flat) -> None:
    inference = made("made")["osml-made-inference"]
    (model,) = [
        value for id, value in of_type(inference, "AWS::SageMaker::Model").items() if id.startswith("AnswerModel")
    ]
    container = model["Properties"]["PrimaryContainer"]
    assert container["Environment"] == {
        "HF_MODEL_ID": "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
        "REVISION": "0" * 40,
        "SM_NUM_GPUS": "8",
    }
    assert "huggingface-pytorch-tgi-inference:" in str(flat(container["Image"]))
    shapes = of_type(inference, "AWS::SageMaker::EndpointConfig").items()
    (shape,) = [resource["Properties"] for id, resource in shapes if id.startswith("AnswerModel")]
    (variant,) = shape["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.g6.48xlarge", 2)
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 2400


def test_weights_come_from_a_bucket_that_the_container_may_read(made: Any, of_type: OfType, flat: Flat) -> None:
    inference = made("weights")["osml-weights-inference"]
    (model,) = [
        value for id, value in of_type(inference, "AWS::SageMaker::Model").items() if id.startswith("AnswerModel")
    ]
    container = model["Properties"]["PrimaryContainer"]
    assert container["Environment"]["HF_MODEL_ID"] == "/opt/ml/model"
    assert container["ModelDataSource"]["S3DataSource"]["S3Uri"] == "s3://weights/r1/8b/"
    assert model["Properties"]["EnableNetworkIsolation"] is True
    assert "djl-inference:" in str(flat(container["Image"]))
    policies = of_type(inference, "AWS::IAM::Policy").items()
    (policy,) = [flat(resource["Properties"]) for id, resource in policies if id.startswith("AnswerModel")]
    resources = {
        resource["Action"]: resource["Resource"]
        for resource in policy["PolicyDocument"]["Statement"]
        if resource["Action"][:2] == "s3"
    }
    assert resources == {
        "s3:GetObject": "arn:<AWS::Partition>:s3:::weights/r1/8b/*",
        "s3:ListBucket": "arn:<AWS::Partition>:s3:::weights",
    }


def test_scaling_stops_and_starts_by_the_clock(made: Any, of_type: OfType, connector: Any, allowed: Any) -> None:
    inference = made("scaled")["osml-scaled-inference"]
    (target,) = of_type(inference, "AWS::ApplicationAutoScaling::ScalableTarget").values()
    properties = target["Properties"]
    assert properties["ResourceId"] == "inference-component/osml-scaled-answer"
    actions = {
        action["ScheduledActionName"]: (action["Schedule"], *action["ScalableTargetAction"].values())
        for action in properties["ScheduledActions"]
    }
    assert actions == {"stop": ("cron(0 20 ? * MON-FRI *)", 0, 0), "start": ("cron(0 7 ? * MON-FRI *)", 3, 1)}
    shapes = of_type(inference, "AWS::SageMaker::EndpointConfig").items()
    (shape,) = [resource["Properties"] for id, resource in shapes if id.startswith("AnswerModel")]
    (variant,) = shape["ProductionVariants"]
    assert "ModelName" not in variant
    assert variant["ManagedInstanceScaling"] == {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
    headers = connector("scaled")["actions"][0]["headers"]
    assert headers["X-Amzn-SageMaker-Inference-Component"] == "osml-scaled-answer"
    _, resources = allowed("scaled")
    assert [arn.split(":")[-1] for arn in resources] == [
        "endpoint/osml-scaled-answer",
        "inference-component/osml-scaled-answer",
    ]


def test_a_model_that_nobody_asks_stops_and_a_call_starts_it(made: Any, of_type: OfType, flat: Flat) -> None:
    templates = made("sleeps")
    inference, name = templates["osml-sleeps-inference"], "osml-sleeps-answer"
    [(target_id, target)] = of_type(inference, "AWS::ApplicationAutoScaling::ScalableTarget").items()
    assert (target["Properties"]["MinCapacity"], target["Properties"]["MaxCapacity"]) == (0, 2)
    policies = of_type(inference, "AWS::ApplicationAutoScaling::ScalingPolicy").items()
    by_type = {value["Properties"]["PolicyType"]: (id, value["Properties"]) for id, value in policies}
    assert {*by_type} == {"TargetTrackingScaling", "StepScaling"}
    step_id, step = by_type["StepScaling"]
    assert step["ScalingTargetId"] == {"Ref": target_id}
    assert step["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    ]
    # The time of a start: 180 seconds, and a fifth of the 900 that the size may take to load.
    assert step["StepScalingPolicyConfiguration"]["Cooldown"] == 360
    [alarm] = [alarm["Properties"] for alarm in of_type(inference, "AWS::CloudWatch::Alarm").values()]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SageMaker", "NoCapacityInvocationFailures")
    assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": name}]
    assert alarm["AlarmActions"] == [{"Ref": step_id}]
    shapes = of_type(inference, "AWS::SageMaker::EndpointConfig").items()
    [shape] = [resource["Properties"] for id, resource in shapes if id.startswith("AnswerModel")]
    scaling = shape["ProductionVariants"][0]["ManagedInstanceScaling"]
    assert scaling == {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
    # A deploy ends only after the model has answered.
    [component] = of_type(inference, "AWS::SageMaker::InferenceComponent").values()
    assert component["Properties"]["RuntimeConfig"] == {"CopyCount": 1}


def test_an_endpoint_that_exists_is_only_called(made: Any, of_type: OfType, connector: Any, allowed: Any) -> None:
    inference = made("found")["osml-found-inference"]
    assert not [id for id in of_type(inference, "AWS::SageMaker::") if id.startswith("Answer")]
    action = connector("found")["actions"][0]
    assert action["url"] == "https://runtime.sagemaker.eu-west-1.<AWS::URLSuffix>/endpoints/MyR1/invocations"
    assert connector("found")["parameters"]["region"] == "eu-west-1"
    arn = "arn:<AWS::Partition>:sagemaker:eu-west-1:<AWS::AccountId>"
    assert allowed("found")[1] == [f"{arn}:endpoint/myr1", f"{arn}:inference-component/myr1-8b"]


def test_the_managed_model_in_another_region(connector: Any, allowed: Any) -> None:
    body = connector("managed")
    assert body["actions"][0]["url"] == (
        "https://bedrock-runtime.us-west-2.<AWS::URLSuffix>/model/us.deepseek.r1-v1%3A0/invoke"
    )
    assert body["parameters"]["region"] == "us-west-2"
    assert sent(body, inputs="q") == {
        "prompt": "<｜begin▁of▁sentence｜><｜User｜>q<｜Assistant｜><think>\n",
        "temperature": 0.0,
        "top_p": 0.95,
        "max_tokens": 4096,
    }
    model = "foundation-model/deepseek.r1-v1:0"
    assert allowed("managed") == (
        "bedrock:InvokeModel",
        [
            f"arn:<AWS::Partition>:bedrock:us-east-1::{model}",
            f"arn:<AWS::Partition>:bedrock:us-east-2::{model}",
            "arn:<AWS::Partition>:bedrock:us-west-2:<AWS::AccountId>:inference-profile/us.deepseek.r1-v1:0",
            f"arn:<AWS::Partition>:bedrock:us-west-2::{model}",
        ],
    )


def test_an_imported_model_has_its_own_body_and_one_path_segment(connector: Any, allowed: Any) -> None:
    body = connector("imported")
    path = body["actions"][0]["url"].split("/", 3)[3]
    assert path.count("/") == 2
    assert unquote(path) == f"model/{IMPORTED}/invoke"
    assert set(sent(body, inputs="q")) == {"prompt", "max_gen_len", "temperature", "top_p"}
    assert "params.generation" in body["actions"][0]["post_process_function"]
    assert allowed("imported") == ("bedrock:InvokeModel", IMPORTED)


def test_converse_with_a_global_profile(connector: Any, allowed: Any, made: Any) -> None:
    body = connector("nova")
    assert sent(body, messages="[]") == {"messages": [], "inferenceConfig": {"maxTokens": 1024, "temperature": 0.5}}
    assert allowed("nova")[1] == [
        "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>:inference-profile/global.amazon.nova-2-lite-v1:0",
        "arn:<AWS::Partition>:bedrock:<AWS::Region>::foundation-model/amazon.nova-2-lite-v1:0",
        "arn:<AWS::Partition>:bedrock:::foundation-model/amazon.nova-2-lite-v1:0",
    ]
    outputs = made("nova")["osml-nova-knowledge"]["Outputs"]
    assert outputs["LlmModel"]["Value"] == "bedrock-converse/global.amazon.nova-2-lite-v1:0"


def test_a_reasoning_model_without_tokens_for_the_answer_says_so(connector: Any) -> None:
    body = connector("thinking")
    assert sent(body, messages="[]") == {
        "model": "deepseek-flash",
        "messages": [],
        "max_tokens": 8000,
        "thinking": {"type": "enabled"},
    }
    assert "raise max_tokens" in body["actions"][0]["post_process_function"]
    assert body["client_config"]["read_timeout"] == 120


def test_any_chat_api_is_trusted_and_gets_its_key(connector: Any, made: Any, of_type: OfType, flat: Flat) -> None:
    body = connector("openai")
    assert body["actions"][0]["url"] == "https://${parameters.endpoint}/x/chat?api-version=1"
    assert body["credential"]["secretArn"].endswith(":secret:osml/other/key")
    (trusted,) = of_type(made("openai")["osml-openai-knowledge"], "Custom::MlTrustedEndpoints").values()
    patterns = json.loads(flat(trusted["Properties"]["Spec"]))["patterns"]
    # The other one belongs to the embedding endpoint.
    assert [pattern for pattern in patterns if "sagemaker" not in pattern] == [r"^https://llm\.example\.com/.*$"]


@pytest.mark.parametrize("name", RECIPES)
def test_searches_wait_longer_than_the_model(name: str, made: Any, connector: Any) -> None:
    outputs = made(name)[f"osml-{name}-knowledge"]["Outputs"]
    seconds = connector(name)["client_config"]["read_timeout"]
    assert seconds < int(outputs["RagSeconds"]["Value"]) < int(outputs["ClientSeconds"]["Value"])


@pytest.mark.parametrize(
    ("region", "sentence"),
    [
        (
            "af-south-1",
            "answer.image is missing, and no account of the Deep Learning Containers is known in af-south-1; set",
        ),
        ("ap-southeast-5", "answer.image is missing"),
    ],
)
def test_a_region_without_an_image_is_one_sentence(
    synthesize: Callable[..., Templates], tmp_path: Path, region: str, sentence: str
) -> None:
    from settings import SettingError

    settings = yaml.safe_load(SANDBOX.read_text())
    del settings["answer"]
    settings |= {"recipe": "deepseek-sagemaker", "region": region}
    settings["embedding"] = {"provider": "sagemaker", "endpoint": "there", "shape": "array", "dimension": 384}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(SettingError) as caught:
        synthesize("other", tmp_path)
    assert sentence in str(caught.value)
    image = f"111122223333.dkr.ecr.{region}.amazonaws.com/mine:1"
    (tmp_path / "other.yaml").write_text(yaml.safe_dump({**settings, "answer": {"image": image}}))
    assert image in json.dumps(synthesize("other", tmp_path)["osml-other-inference"])
