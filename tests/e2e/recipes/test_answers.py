"""Each recipe that answers: deployed from its templates, asked and destroyed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from osml.ask import asking
from osml.deploy import secret
from osml.failure import Failure
from osml.status.status import look
from sandbox.instance import CHECKOUT, Instance
from tests.e2e.components import copies, stop
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import DeployFailed, Deployment
from tests.waiting import until

QUESTION = "What's the population increase of New York City from 2021 to 2023? How is the trend compared with Miami?"
FIGURES = ("18,823,000", "18,937,000", "6,167,000", "6,265,000")
HOSTILE = (
    'The zeppelin fare is "42% off" at C:\\new\\table and {"json": [1, null]} 🗽 </b> ｜ and $1 ${x} & \'q\' '
    "<think> more."
)
IMPORTED = "arn:aws:bedrock:us-west-2:000000000000:imported-model/r1abc"
SECRET = {"name": "osml/answers/key"}
POST_PROCESS = """
String text = params.choices[0].text;
text = text.substring(text.lastIndexOf('</think>') + 8).trim();
return '{"name": "response", "dataAsMap": {"said": "' + escape(text) + '"}}';
"""
CUSTOM = {
    "connector": {
        "protocol": "aws_sigv4",
        "parameters": {"region": "us-east-1", "service_name": "bedrock", "model": "us.deepseek.r1-v1%3A0"},
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": "https://bedrock-runtime.us-east-1.amazonaws.com/model/${parameters.model}/invoke",
                "headers": {"content-type": "application/json"},
                "request_body": '{"prompt": "${parameters.inputs}", "max_tokens": 2000}',
                "post_process_function": POST_PROCESS,
            }
        ],
    },
    "llm_model": "mine/deepseek-r1",
    "llm_response_field": "said",
    "statements": [
        {
            "actions": ["bedrock:InvokeModel"],
            "resources": [
                "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.deepseek.r1-v1:0",
                *(f"arn:aws:bedrock:{r}::foundation-model/deepseek.r1-v1:0" for r in ("us-east-1", "us-east-2")),
                "arn:aws:bedrock:us-west-2::foundation-model/deepseek.r1-v1:0",
            ],
        }
    ],
}
# Differences that only the templates show (another size, model or region of a provider) are in the snapshots.
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sagemaker-array": (
        "deepseek-sagemaker",
        {"scaling": {"maximum": 2, "stop": "cron(0 20 ? * MON-FRI *)", "start": "cron(0 7 ? * MON-FRI *)"}},
    ),
    "sagemaker-object": ("deepseek-sagemaker", {"size": "14B", "container": "lmi", "scaling": {"minimum": 0}}),
    "sagemaker-found": ("deepseek-sagemaker", {"endpoint": "deepseek-r1"}),
    "bedrock-away": ("deepseek-bedrock", {"region": "us-west-2"}),
    "claude": ("bedrock-converse", {"model": "us.anthropic.claude-haiku-4-5-20251001-v1:0", "temperature": 0.2}),
    "deepseek-thinks": ("deepseek-api", {"thinking": True, "secret": SECRET}),
    "openai": ("openai-chat", {"endpoint": "api.deepseek.com", "model": "deepseek-flash", "secret": SECRET}),
    "custom": ("custom", CUSTOM),
}


@pytest.fixture(scope="module")
def nothing(engine: Any) -> dict[str, Any]:
    """The contents of the engine before the tests, which every test restores."""
    stored: dict[str, Any] = engine.contents()
    return stored


@pytest.fixture
def deployment(local_cloud: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """An environment `e2e` whose file the test writes; its stacks are destroyed at the end."""
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    secret.put(SECRET["name"], "api_key", local_cloud.deepseek_key.read_text().strip())
    with Deployment("e2e", tmp_path, local_cloud, tmp_path) as made:
        yield made
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET["name"], ForceDeleteWithoutRecovery=True)


def write(folder: Path, recipe: str, answer: dict[str, Any], **more: Any) -> None:
    settings = bare_sandbox()
    (folder / "e2e.yaml").write_text(yaml.safe_dump({**settings, "recipe": recipe, "answer": answer, **more}))


def in_a_bucket(key: str, content: str) -> str:
    """Put an object into S3, and beside it one that is no document; returns the prefix of both."""
    client, bucket = boto3.client("s3"), "osml-e2e-answers"
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key=key, Body=content.encode())
    client.put_object(Bucket=bucket, Key=f"{key}.mp4", Body=b"\x00\x00\x00\x18ftyp")
    return f"s3://{bucket}/{key.partition('/')[0]}/"


def said(deployment: Deployment, question: str) -> str:
    """Ask a question; returns the text of the answer, which must not be missing."""
    text = deployment.ask(question).answer
    assert text is not None
    return text


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recipe_answers_and_is_removed_completely(
    name: str, nothing: dict[str, Any], deployment: Deployment, engine: Any, tmp_path: Path
) -> None:
    recipe, answer = ANSWERS[name]
    write(tmp_path, recipe, answer)
    deployment.deploy()
    hostile = json.dumps({"id": "h", "text": f"A line\twith a tab.\r\n{HOSTILE}\nA last \x01 line."})
    deployment.ingest(CHECKOUT / "samples" / "metro-areas.ndjson", in_a_bucket("corpus/hostile.ndjson", hostile))

    text = said(deployment, QUESTION)
    assert [figure for figure in FIGURES if figure not in text] == []
    for leak in ("think>", "SEARCH RESULT", "QUESTION", "You are", "｜"):
        assert leak not in text

    quoted = said(deployment, 'What is the "zeppelin fare" at C:\\new\\table?')
    if name != "custom":  # that connector uses ml-commons' `escape`, which doubles a backslash before a t
        assert HOSTILE.partition(" <think>")[0] in quoted

    _goes_on_with_a_conversation(deployment)
    if answer.get("scaling", {}).get("minimum") == 0:
        _starts_at_a_question(deployment)

    deployment.destroy()
    assert engine.contents() == nothing


def _starts_at_a_question(deployment: Deployment) -> None:
    """A stopped model is neither drift nor a fault; a question gets a notice that it starts, and later an answer."""
    [component] = boto3.client("sagemaker").list_inference_components()["InferenceComponents"]
    name = component["InferenceComponentName"]
    stop(name)
    assert look(deployment.place).is_healthy
    with pytest.raises(Failure, match=r"The answer model .* is starting\. Try again in about 7 minutes") as refused:
        deployment.ask(QUESTION)
    assert refused.value.cause == "model-starting"
    assert copies(name)["DesiredCopyCount"] == 1
    until("an answer", lambda: _answers(deployment))
    assert FIGURES[0] in said(deployment, QUESTION)


def _answers(deployment: Deployment) -> bool:
    try:
        return bool(deployment.ask(QUESTION).answer)
    except Failure as failure:
        if failure.cause != "model-starting":
            raise
        return False


def _goes_on_with_a_conversation(deployment: Deployment) -> None:
    questions = "How many people lived in the Miami metro area in 2023?", "And in Chicago?"
    first = asking.ask(deployment.place, questions[0], talk="new")
    second = asking.ask(deployment.place, questions[1], talk=first.conversation_id)
    assert "8,937,000" in (second.answer or "")
    kept = deployment.domain().json("GET", f"/_plugins/_ml/memory/{first.conversation_id}/messages")["messages"]
    assert [(turn["input"], turn["response"]) for turn in kept] == [
        (question, turn.answer) for question, turn in zip(questions, (first, second), strict=True)
    ]


def test_another_model_is_another_connector_behind_the_same_model(
    nothing: dict[str, Any], deployment: Deployment, engine: Any, tmp_path: Path
) -> None:
    """From the managed model to an imported one: body, region and permissions change, the ids in searches do not.

    A token limit that the model's thoughts use up fails the deploy, with a sentence; the old connector still answers.
    """
    write(tmp_path, "deepseek-bedrock", {})
    deployment.deploy()
    deployment.ingest()
    before = deployment.outputs("knowledge")
    write(tmp_path, "deepseek-bedrock", {"max_tokens": 8})
    with pytest.raises(DeployFailed, match=r"raise max_tokens"):
        deployment.deploy("inference", "knowledge")
    assert FIGURES[0] in said(deployment, QUESTION)
    write(tmp_path, "deepseek-bedrock", {"model": IMPORTED, "temperature": 0.0})
    deployment.deploy("inference", "knowledge")
    assert deployment.outputs("knowledge") == before
    assert FIGURES[0] in said(deployment, QUESTION)


def test_a_profile_needs_its_model_in_every_region(
    nothing: dict[str, Any], deployment: Deployment, engine: Any, tmp_path: Path
) -> None:
    """When the policy lacks the models of two regions, the deploy fails and names the missing permission."""
    write(tmp_path, "deepseek-bedrock", {"regions": ["us-east-1"]})
    with pytest.raises(DeployFailed, match="Allow the connector role to invoke the model"):
        deployment.deploy()
    deployment.destroy()
    assert engine.contents() == nothing
