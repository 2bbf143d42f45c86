"""Everything that users complain about happens to one deployed environment, and `osml doctor` names each cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from corpus.document import Document
from corpus.load import load
from osml.deploy import secret
from osml.doctor import doctor
from osml.doctor.finding import Finding
from osml.ingest import documents
from osml.status import status, status_view
from sandbox.instance import Instance
from tests.e2e import mishaps
from tests.e2e.neighbours import ENDPOINT, bare_sandbox
from tests.e2e.templates import DeployFailed, Deployment
from tests.e2e.ward import Ward

SECRET = "osml/doctor/key"
ENVIRONMENT = "ailing"
TIMEOUTS = {"provisioning": 300, "connection": 2, "embedding": 30, "answer": 6}
CAREFUL = {
    "action_type": "predict",
    "method": "POST",
    "url": "https://${parameters.endpoint}/v1/chat/completions",
    "headers": {"Authorization": "Bearer ${credential.secretArn.api_key}"},
    "request_body": '{"model": "deepseek-flash", "messages": [{"role": "user", "content": "${parameters.inputs}"}]}',
}
PROMPT = """
return '{"parameters": {"prompt": "Human: ' + params.inputs + '", "no_escape_params": "prompt"}}';
"""
CARELESS = {
    **CAREFUL,
    "pre_process_function": PROMPT,
    "request_body": '{"model": "deepseek-flash", "messages": [{"role": "user", "content": "${parameters.prompt}"}]}',
}
# A faulty connector: `llm_model` claims that the answer is Bedrock's, and PROMPT keeps it unescaped.
OWN: dict[str, Any] = {
    "connector": {
        "protocol": "http",
        "parameters": {
            "endpoint": "api.deepseek.com",
            "prompt": "${parameters.inputs}",
            "pre_process_function.process_remote_inference_input": "true",
        },
        "actions": [CARELESS],
    },
    "llm_model": "bedrock/deepseek-flash",
    "secret": {"name": SECRET},
}


def write(directory: Path, **changes: Any) -> None:
    settings = bare_sandbox()
    settings["embedding"] = {"provider": "sagemaker", "endpoint": ENDPOINT, "shape": "array", "dimension": 384}
    settings["answer"]["secret"] = {"name": SECRET}
    settings["index"]["name"] = "ailing"
    settings["timeouts"] = TIMEOUTS
    (directory / f"{ENVIRONMENT}.yaml").write_text(yaml.safe_dump(settings | changes))


@pytest.fixture(scope="module")
def ward(
    local_cloud: Instance, engine: Any, directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ward]:
    secret.put(SECRET, "api_key", local_cloud.deepseek_key.read_text().strip())
    write(directory)
    deployment = Deployment(ENVIRONMENT, directory, local_cloud, tmp_path_factory.mktemp("doctor"))
    try:
        deployment.deploy(edit=mishaps.hurry)
        deployment.ingest()
        ward = Ward(deployment, engine, local_cloud)
        with ward.alone():
            yield ward
    finally:
        deployment.destroy()
        # The destroy leaves the list that a test has written.
        engine("DELETE", f"{mishaps.MAPPINGS}/ml_full_access")
        boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


def last(ward: Ward) -> Finding:
    """The doctor's last finding."""
    return list(doctor.examine(ward.deployment.place))[-1]


def test_a_healthy_environment_has_no_complaint(ward: Ward) -> None:
    findings = list(doctor.examine(ward.deployment.place))
    assert [(finding.check, finding.seen) for finding in findings if finding.state == "failed"] == []
    assert findings[-1].check == "a question"
    assert findings[-1].state == "ok"
    skipped = [finding.check for finding in findings if finding.state == "skipped"]
    assert skipped == []


@pytest.mark.parametrize(("name", "mishap"), mishaps.BY_HAND, ids=[mishap.__name__ for _, mishap in mishaps.BY_HAND])
def test_a_mishap_is_called_by_its_name(
    name: str, mishap: Callable[[Ward], AbstractContextManager[None]], ward: Ward
) -> None:
    with mishap(ward):
        newest = last(ward)
    assert newest.complaint == name, newest
    assert newest.fix
    assert newest.see == f"docs/troubleshooting.md#{name}"
    assert "sk-" not in newest.seen + newest.fix


def test_a_load_names_every_document_that_was_throttled_away(ward: Ward) -> None:
    """The bulk answers 200; the report of `osml ingest` has the documents whose embedding call failed."""
    texts = [Document(str(number), {"text": f"Passage {number}"}, f"file:{number}", str(number)) for number in range(3)]
    with ward.faults("sagemaker", throttle=1.0):
        report = load(texts, lambda: documents.bulk(ward.operator, ward.known.index), pause=lambda _, __: 0.0)
    assert report.summary == "0 created, 0 updated, 3 failed"
    assert all(error.startswith(f"file:{number}: ") for number, error in enumerate(report.errors))
    assert all("throttling" in error for error in report.errors)


def test_a_faulty_custom_connector_is_explained_step_by_step(ward: Ward, directory: Path) -> None:
    """First its request body is broken. After a manual repair, the connector differs from the deployed one.

    When the repair is deployed, the answers of the model are not understood.
    """
    write(directory, recipe="custom", answer=OWN)
    ward.deployment.deploy("inference", "knowledge")
    assert last(ward).complaint == "request-body-broken"
    with ward.edited(ward.answer, {"actions": [CAREFUL]}, ward.by_hand):
        assert last(ward).complaint == "object-changed"
    careful = OWN | {"connector": OWN["connector"] | {"actions": [CAREFUL]}}
    write(directory, recipe="custom", answer=careful)
    ward.deployment.deploy("inference", "knowledge")
    assert last(ward).complaint == "answer-not-understood"
    write(directory)
    ward.deployment.deploy("inference", "knowledge")
    assert last(ward).state == "ok"


def test_a_failed_deploy_is_explained_by_its_first_reason(ward: Ward, directory: Path) -> None:
    write(directory, timeouts=TIMEOUTS | {"answer": 7})
    with mishaps.lost_pass_role(ward):
        with pytest.raises(DeployFailed):
            ward.deployment.deploy("knowledge")
        assert (last(ward).check, last(ward).complaint) == ("PassRole", "pass-role-missing")
    examined = list(doctor.examine(ward.deployment.place))
    [note] = [finding for finding in examined if finding.state == "noted"]
    assert (note.check, note.complaint) == ("stacks", "pass-role-missing")
    assert "UPDATE_ROLLBACK_COMPLETE" in note.seen
    assert "iam:PassRole" in note.seen
    assert examined[-1].state == "ok"
    seen = status.look(ward.deployment.place)
    assert [stack.fault is None for stack in seen.stacks] == [True, True, False]
    assert seen.is_healthy
    write(directory)


def states(ward: Ward, state: str) -> set[tuple[str, str]]:
    """Kind and logical id of our objects in a given state."""
    entries = status.look(ward.deployment.place).resources
    return {(entry.kind, entry.owner.logical_id) for entry in entries if entry.state == state and entry.owner}


def test_status_lists_everything_that_the_stacks_have_made(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    seen = status.look(ward.deployment.place)
    assert [
        (resource.kind, resource.state, resource.detail) for resource in seen.resources if not resource.is_healthy
    ] == []
    assert seen.is_healthy
    kinds = {resource.kind for resource in seen.resources}
    assert kinds >= {"Function", "Connector", "ModelGroup", "Model", "IngestPipeline", "SearchPipeline", "Index"}
    assert kinds >= {"RoleMapping", "TrustedEndpoints"}
    status_view.print_json(seen)
    body = json.loads(capsys.readouterr().out)
    assert set(body) == {
        "environment",
        "healthy",
        "stacks",
        "resources",
        "others",
        "compared",
        "uncompared",
        "trouble",
    }
    assert body["healthy"] is True
    assert body["compared"] is True
    owners = {resource["owner"]["stack"] for resource in body["resources"]}
    assert owners == {f"osml-{ENVIRONMENT}-search", f"osml-{ENVIRONMENT}-knowledge"}


def test_status_tells_of_a_model_that_does_not_answer(ward: Ward) -> None:
    with mishaps.slow_endpoint(ward):
        assert {kind for kind, _ in states(ward, "not answering")} == {"Model"}


def test_status_lists_leftovers_and_objects_of_others(ward: Ward) -> None:
    texts = {"theirs": "(osml:osml-theirs-knowledge/Pipeline)", "ours": f"(osml:{ward.stack}/Before)"}
    for name, text in texts.items():
        ward.engine("PUT", f"/_ingest/pipeline/{name}", {"description": text, "processors": []})
    seen = status.look(ward.deployment.place)
    assert ("IngestPipeline", "Before") in states(ward, "left over")
    assert [(other.kind, other.id) for other in seen.others if other.id == "theirs"] == [("IngestPipeline", "theirs")]
    for name in texts:
        ward.engine("DELETE", f"/_ingest/pipeline/{name}")
