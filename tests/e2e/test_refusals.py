"""Every failure of a deploy ends in one sentence in CloudFormation's events, a rollback, and no leftovers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from osml.deploy import secret
from sandbox.instance import Instance
from tests.e2e.neighbours import write_environment
from tests.e2e.templates import DeployFailed, Deployment, Template

NAME = "refused"
SECRET = "osml/sandbox/deepseek"
Change = Callable[[Template], None]


@pytest.fixture(scope="module")
def deployment(
    local_cloud: Instance, directory: Path, key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment whose knowledge stack the tests deploy."""
    write_environment(directory, NAME)
    with Deployment(NAME, directory, local_cloud, tmp_path_factory.mktemp(NAME)) as made:
        yield made


@pytest.fixture(scope="module")
def templates(deployment: Deployment) -> Path:
    """The folder of the templates, after a deploy of the stacks on which the knowledge stack builds."""
    folder = deployment.synthesize()
    deployment.deploy("search", "inference", folder=folder)
    return folder


@pytest.fixture
def reason(deployment: Deployment, templates: Path, engine: Any) -> Callable[[Change], str]:
    """Deploy a changed template that must fail; check what is left, and return CloudFormation's first reason."""

    def deploy(change: Change) -> str:
        before = engine.contents()
        with pytest.raises(DeployFailed) as failed:
            deployment.deploy("knowledge", folder=templates, edit=change)
        stack = boto3.client("cloudformation").describe_stacks(StackName=f"osml-{NAME}-knowledge")["Stacks"][0]
        deployment.destroy("knowledge")
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE", str(failed.value)
        assert engine.contents() == before
        return str(failed.value).splitlines()[1]

    return deploy


def replaced(old: str, new: str) -> Change:
    """Change the text of a specification."""

    def change(template: Template) -> None:
        text = json.dumps(template)
        assert old in text
        template |= json.loads(text.replace(old, new))

    return change


def test_pass_role_taken_away(reason: Callable[[Change], str]) -> None:
    assert "iam:PassRole" in reason(replaced('"Action": "iam:PassRole"', '"Action": "iam:GetRole"'))


def test_secret_missing(reason: Callable[[Change], str], key: str) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    try:
        sentence = reason(lambda _: None)
    finally:
        secret.put(SECRET, "api_key", key)
    assert SECRET in sentence
    assert "osml secret set" in sentence


def test_key_of_the_secret_misnamed(reason: Callable[[Change], str]) -> None:
    assert "misnamed" in reason(replaced("secretArn.api_key", "secretArn.misnamed"))


def test_endpoint_not_trusted(reason: Callable[[Change], str]) -> None:
    old, new = (rf"\"endpoint\":\"{host}\"" for host in ("api.deepseek.com", "api.untrusted.example"))
    sentence = reason(replaced(old, new))
    assert "api.untrusted.example" in sentence
    assert "trusted" in sentence


def test_dimension_differs_from_the_index(reason: Callable[[Change], str]) -> None:
    sentence = reason(replaced(r"\"dimension\":384", r"\"dimension\":768"))
    assert "384" in sentence
    assert "768" in sentence


def test_engine_unreachable(reason: Callable[[Change], str]) -> None:
    def lead_away(template: Template) -> None:
        for resource in template["Resources"].values():
            if "Target" in resource.get("Properties", {}):
                target = {"endpoint": "https://127.0.0.1:1", "region": "us-east-1", "service": "es"}
                resource["Properties"]["Target"] = json.dumps(target)

    assert "https://127.0.0.1:1" in reason(lead_away)


def test_no_key_is_written_anywhere(templates: Path, local_cloud: Instance, key: str) -> None:
    """The key of the DeepSeek endpoint is in no template and no log of the local cloud."""
    written = list(templates.glob("*.template.json"))
    logs = list((local_cloud.home / "logs").glob("*.log"))
    assert written
    assert logs
    assert [path.name for path in written + logs if key in path.read_text(errors="replace")] == []
