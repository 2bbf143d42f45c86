"""An embedding model that stops when nobody calls it: questions and loads, through each way in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from osml.deploy import secret
from osml.failure import Failure
from osml.ingest.ingest import ingest_files
from osml.remote.functions import Functions
from osml.status.status import look
from sandbox.instance import Instance
from tests.e2e.components import copies, stop
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import Deployment
from tests.waiting import until

NAME = "asleep"
SECRET = "osml/asleep/key"
MODEL = f"osml-{NAME}-embedding"
QUESTION = "How many people lived in the Miami metro area in 2023?"
SENTENCE = "The embedding model was stopped while nobody asked, and is starting. Try again in about 5 minutes."


@pytest.fixture(scope="module")
def deployment(local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("environments")
    settings = {**bare_sandbox(), "assistant": {}, "drop": {}}
    settings["embedding"]["scaling"] = {"minimum": 0}
    settings["answer"]["secret"] = {"name": SECRET, "key": "api_key"}
    secret.put(SECRET, "api_key", local_cloud.deepseek_key.read_text().strip())
    (directory / f"{NAME}.yaml").write_text(yaml.safe_dump(settings))
    with Deployment(NAME, directory, local_cloud, tmp_path_factory.mktemp(NAME)) as made:
        made.deploy()
        made.ingest()
        yield made
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture(autouse=True)
def stopped(deployment: Deployment) -> Iterator[None]:
    stop(MODEL)
    yield
    until("an answer", lambda: _answers(deployment))


def _answers(deployment: Deployment) -> bool:
    try:
        return bool(deployment.ask(QUESTION).answer)
    except Failure as failure:
        if failure.cause != "model-starting":
            raise
        return False


def _refusal(functions: Functions, path: str, body: dict[str, Any]) -> tuple[int, Any, Any, float | None]:
    reply = functions.post(path, body)
    return reply.status, reply.body.get("cause"), reply.body.get("message"), reply.retry_after


def test_a_question_says_that_it_starts_and_when_it_answers(deployment: Deployment) -> None:
    """A stopped model is neither drift nor a fault."""
    assert look(deployment.place).is_healthy
    assert copies(MODEL) == {"DesiredCopyCount": 0, "CurrentCopyCount": 0}
    with pytest.raises(Failure) as refused:
        deployment.ask(QUESTION)
    assert (str(refused.value), refused.value.cause) == (SENTENCE, "model-starting")
    assert copies(MODEL)["DesiredCopyCount"] == 1
    functions = Functions(deployment.place, boto3.Session())
    # A start takes seconds here, so on a busy machine the model may have started by now.
    stop(MODEL)
    assert _refusal(functions, "/ask", {"question": QUESTION}) == (503, "model-starting", SENTENCE, 300)
    until("an answer", lambda: functions.post("/ask", {"question": QUESTION}).status, (200).__eq__)


def test_documents_of_the_api_are_refused_until_it_answers(deployment: Deployment) -> None:
    functions = Functions(deployment.place, boto3.Session())
    wanted = {"documents": [{"id": "tides", "text": "The tide is high at noon."}]}
    assert _refusal(functions, "/documents", wanted) == (503, "model-starting", SENTENCE, 300)
    until("the document", lambda: functions.post("/documents", wanted).status, (200).__eq__)
    sources = functions.post("/ask", {"question": "When is the tide high?"}).body["sources"]
    assert sources[0]["document"] == "tides"


def test_osml_ingest_waits_and_says_so(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ships.ndjson"
    file.write_text("\n".join(json.dumps({"id": f"s{n}", "text": f"Ship {n} sails at {n}."}) for n in range(80)))
    assert ingest_files(deployment.place, [file])
    said = capsys.readouterr().err
    assert "80 created, 0 updated, 0 failed" in said
    assert said.count(f"{SENTENCE} The load goes on by itself.") == 1


def test_a_dropped_object_comes_again(deployment: Deployment) -> None:
    outputs = deployment.outputs("ingestion")
    bucket, queue = outputs["DropBucketName"], outputs["DropQueueUrl"]
    boto3.client("s3").put_object(Bucket=bucket, Key="documents/harbour.txt", Body=b"The harbour opens at seven.")
    until("a start", lambda: copies(MODEL)["DesiredCopyCount"], (1).__eq__)
    until("an answer", lambda: _answers(deployment))
    # Here, the start ends before the estimated time, and the message stays hidden for that time.
    names = ["ApproximateNumberOfMessagesNotVisible"]
    hidden = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert hidden == {names[0]: "1"}
    place = {"bucket": {"name": bucket}, "object": {"key": "documents/harbour.txt", "size": 27}}
    record = {"messageId": "m", "receiptHandle": "r", "body": json.dumps({"Records": [{"s3": place}]})}
    payload = json.dumps({"Records": [record]})
    answer = boto3.client("lambda").invoke(FunctionName=_drop(), Payload=payload)
    assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
    # A search finds it after the next refresh of the index.
    question = "When does the harbour open?"
    until("the document", lambda: deployment.ask(question).sources[0].document, "harbour.txt".__eq__)


def _drop() -> str:
    """The name of the drop's function."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=f"osml-{NAME}-ingestion")
    [function] = [
        resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    ]
    return str(function)
