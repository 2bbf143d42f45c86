"""Every action that the templates grant is needed: without it a deploy, an answer or a clean-up fails.

The tests remove one action at a time from the templates of the environment `sandbox`. Then they try its whole life on
the domain: deploy, ingest, ask as a delivery does, work on documents, change, ask, destroy.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
import yaml

from opensearch_ml.engine.operator_role import PATHS
from opensearch_ml.resources.conversation_index import CONVERSATIONS
from opensearch_ml.resources.index_version import every_version
from osml.ask import smoke
from osml.ask.conversation import NEW, opened
from osml.ask.conversation import keep as keep_turn
from osml.ask.question import ask, search
from osml.deploy import secret
from osml.doctor import doctor
from osml.documents.library import library
from osml.failure import Failure
from osml.ingest.initial_load import InitialLoad
from osml.remote.stack import knowledge
from osml.status import status
from rag.search import Page
from sandbox.instance import REGION, Instance
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import DeployFailed, Deployment

ENVIRONMENT = "sandbox"
INDEX = "passages"
QUESTION = "How many people live in the metro area of Miami?"


@dataclass(frozen=True)
class Grant:
    """An action that the policies of a stack grant; `policy` is the beginning of the policy's logical id."""

    part: str
    policy: str
    action: str

    def __str__(self) -> str:
        return f"{self.policy}-{self.action}"


# A step that fails without the action. The domain checks the HTTP methods, other services check the rest.
NEEDED = {
    Grant("search", "ProvisionerPolicy", "es:ESHttpGet"): "deploy",
    Grant("search", "ProvisionerPolicy", "es:ESHttpPost"): "deploy",
    Grant("search", "ProvisionerPolicy", "es:ESHttpPut"): "deploy",
    Grant("search", "ProvisionerPolicy", "es:ESHttpPatch"): "deploy",
    Grant("search", "ProvisionerPolicy", "es:ESHttpDelete"): "deploy",
    Grant("search", "OperatorPolicy", "es:ESHttpPost"): "ingest",
    Grant("search", "OperatorPolicy", "es:ESHttpGet"): "ingest",
    Grant("search", "OperatorPolicy", "es:ESHttpPut"): "work",
    Grant("knowledge", "PassRole", "iam:PassRole"): "deploy",
    Grant("knowledge", "EmbeddingRolePolicy", "sagemaker:InvokeEndpoint"): "deploy",
    Grant("knowledge", "AnswerRolePolicy", "secretsmanager:GetSecretValue"): "deploy",
    Grant("knowledge", "AnswerRolePolicy", "secretsmanager:DescribeSecret"): "deploy",
    Grant("knowledge", "KeeperPolicy", "cloudformation:DescribeStacks"): "keep",
    Grant("knowledge", "KeeperPolicy", "secretsmanager:DescribeSecret"): "keep",
    Grant("knowledge", "KeeperPolicy", "ssm:GetParametersByPath"): "keep",
}

# Only AWS checks these: here nothing pulls an image, and functions need no permission to write logs.
ONLY_ON_AWS = {
    "cloudwatch:PutMetricData": "an endpoint's container sends metrics",
    "ec2:CreateNetworkInterface": "Lambda puts a function into a VPC",
    "ec2:DeleteNetworkInterface": "Lambda takes it out again",
    "ec2:DescribeNetworkInterfaces": "Lambda looks for the interface it made",
    "ecr:BatchCheckLayerAvailability": "SageMaker pulls the image",
    "ecr:BatchGetImage": "SageMaker pulls the image",
    "ecr:GetAuthorizationToken": "SageMaker pulls the image",
    "ecr:GetDownloadUrlForLayer": "SageMaker pulls the image",
    "logs:CreateLogGroup": "SageMaker makes the endpoint's log group",
    "logs:CreateLogStream": "Lambda and SageMaker write logs as the role",
    "logs:PutLogEvents": "Lambda and SageMaker write logs as the role",
}


# Paths of the operator that this environment does not use.
USED_ELSEWHERE = {
    CONVERSATIONS: "by the status where there is an assistant",
    "_plugins/_ml/agents/*": "by the status of apps that have agents",
    "_plugins/_ml/_predict/text_embedding/*": "by the doctor where there is no keeper, and by marks by meaning",
}


class Lessened(Deployment):
    """A deployment whose templates lack one action, or contain a change."""

    without: Grant | None = None
    changed: bool = False
    _whole: Path | None = None

    def synthesize(self, context: Mapping[str, str] = MappingProxyType({})) -> Path:
        if self._whole is None:
            self._whole = super().synthesize(context)
        self._syntheses += 1
        folder = self.work / f"lessened-{self._syntheses}"
        folder.mkdir()
        for file in self._whole.iterdir():
            (folder / file.name).symlink_to(file)
        for part in ("search", "knowledge"):
            file = folder / f"osml-{self.name}-{part}.template.json"
            text = file.read_text()
            if self.changed:
                text = re.sub(r'\\"read_timeout\\":(\d+)', lambda match: rf"\"read_timeout\":{int(match[1]) + 1}", text)
            template = json.loads(text)
            _hurry(template)
            if self.without is not None and self.without.part == part:
                _take(template, self.without)
            file.unlink()
            file.write_text(json.dumps(template))
        return folder


def _hurry(template: dict[str, Any]) -> None:
    """Retry refused calls for half a second instead of twenty: here, IAM's changes take effect immediately."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
            variables["IAM_PROPAGATION_SECONDS"] = "0.5"


def _take(template: dict[str, Any], grant: Grant) -> None:
    """Remove the action wherever the policy allows it."""
    taken = False
    for statement in _allowed(template, grant.policy):
        actions = listed(statement["Action"])
        if grant.action in actions:
            # A statement needs an action; here, this one has no effect.
            statement["Action"] = [action for action in actions if action != grant.action] or ["iam:GetRole"]
            taken = True
    assert taken, grant


def listed(actions: str | list[str]) -> list[str]:
    return actions if isinstance(actions, list) else [actions]


def _allowed(template: dict[str, Any], policy: str) -> Iterator[dict[str, Any]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith(policy):
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield statement


@pytest.fixture(scope="module")
def deployment(local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lessened]:
    """A deployment without the assistant, whose permissions are tested in tests/contract/test_assistant_access.py."""
    directory = tmp_path_factory.mktemp("environments")
    (directory / f"{ENVIRONMENT}.yaml").write_text(yaml.safe_dump(bare_sandbox()))
    secret.put("osml/sandbox/deepseek", "api_key", local_cloud.deepseek_key.read_text().strip(), REGION)
    with Lessened(ENVIRONMENT, directory, local_cloud, tmp_path_factory.mktemp("permissions")) as deployment:
        yield deployment
        deployment.without = None
        deployment.deploy("search")
    boto3.client("secretsmanager").delete_secret(SecretId="osml/sandbox/deepseek", ForceDeleteWithoutRecovery=True)


@pytest.fixture
def whole_afterwards(deployment: Lessened) -> Iterator[None]:
    """Restore the provisioner's permissions, and remove what it left because it lacked one."""
    yield
    deployment.without, deployment.changed = None, False
    deployment.deploy("search")
    deployment.destroy("knowledge")


@pytest.fixture
def deployed(deployment: Lessened) -> Iterator[Lessened]:
    """The deployment, complete and with documents; tests change only policies, which are then restored."""
    deployment.deploy()
    deployment.ingest()
    yield deployment
    deployment.without = None
    deployment.deploy("search", "knowledge")


def life(deployment: Lessened) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The steps of the environment's life."""
    yield "deploy", deployment.deploy
    yield "ingest", deployment.ingest
    yield "smoke", lambda: smoke.run(deployment.place, QUESTION, [])
    yield "work", lambda: work(deployment)
    yield "keep", lambda: keep(deployment)
    deployment.changed = True
    yield "change", deployment.deploy
    yield "ask again", lambda: deployment.ask(QUESTION)
    yield "destroy", lambda: deployment.destroy("knowledge")


def work(deployment: Lessened) -> None:
    """What people do as operators, in addition to ingesting and asking."""
    domain, index, place = deployment.domain(), INDEX, deployment.place
    with InitialLoad(domain, index, replicas=0).quiet(continues=True):
        deployment.ingest()
    documents = library(place)
    (document, *_) = documents.listed(Page(1)).documents
    assert documents.shown(document.id).passages
    documents.removed(document.id)
    # A search without hits checks whether the alias has moved.
    assert search(domain, knowledge(place), QUESTION, 1, [("title", "Nothing of that name")])["hits"]["hits"] == []
    conversation = opened(domain, NEW, QUESTION, 3)
    ask(domain, knowledge(place), QUESTION, conversation=conversation)
    assert opened(domain, conversation.id, QUESTION, 3).earlier == [QUESTION]
    keep_turn(domain, conversation, QUESTION)
    seen = status.look(place)
    faults = [resource for resource in seen.resources if not resource.is_healthy]
    if faults or seen.trouble:
        raise Failure(f"The status says {seen.trouble}, {faults}")
    last = list(doctor.examine(place))[-1]
    if last.state != "ok":
        raise Failure(f"The doctor ends with {last}")


def keep(deployment: Lessened) -> None:
    """One round of the keeper, in which it finds nothing."""
    stack = f"osml-{deployment.name}-knowledge"
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    (function,) = (
        resource["PhysicalResourceId"] for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"
    )
    answer = boto3.client("lambda").invoke(FunctionName=function, LogType="Tail", Payload=b"{}")
    log = base64.b64decode(answer["LogResult"]).decode()
    if "FunctionError" in answer or '"Unhealed":[0.0]' not in log:
        raise Failure(f"The keeper says {log}")


AFTER_DEPLOY: dict[str, Callable[[Lessened], None]] = {"ingest": Deployment.ingest, "work": work, "keep": keep}


def first_fault(deployment: Lessened) -> tuple[str, str]:
    """The step that fails, and the reason; empty when none fails."""
    for step, run in life(deployment):
        try:
            run()
        except (DeployFailed, Failure, AssertionError) as fault:
            return step, str(fault)
    return "", ""


@pytest.mark.usefixtures("whole_afterwards")
def test_with_every_action_nothing_fails_and_every_path_of_the_operator_is_used(
    deployment: Lessened, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: set[tuple[str, str]] = set()
    send = requests.Session.send

    def noted(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.add((str(request.method), urlsplit(str(request.url)).path[1:]))
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", noted)
    assert first_fault(deployment) == ("", "")
    unused = [
        (action, path)
        for action, paths in PATHS.items()
        for path in paths
        if path not in USED_ELSEWHERE
        and not any(
            action == f"es:ESHttp{method.capitalize()}"
            and fnmatchcase(seen, path.format(index=INDEX, versions=every_version(INDEX)))
            for method, seen in sent
        )
    ]
    assert unused == []


@pytest.mark.usefixtures("whole_afterwards")
@pytest.mark.parametrize("grant", [grant for grant, step in NEEDED.items() if step == "deploy"], ids=str)
def test_without_the_action_the_deploy_fails(deployment: Lessened, grant: Grant) -> None:
    deployment.without = grant
    failed, reason = first_fault(deployment)
    assert failed == "deploy", reason
    assert grant.action in reason


@pytest.mark.parametrize(
    ("grant", "step"), [(grant, step) for grant, step in NEEDED.items() if step != "deploy"], ids=str
)
def test_a_deployed_environment_needs_the_action(deployed: Lessened, grant: Grant, step: str) -> None:
    run = AFTER_DEPLOY[step]
    run(deployed)
    deployed.without = grant
    deployed.deploy(grant.part)
    with pytest.raises((Failure, AssertionError)):
        run(deployed)


def test_every_granted_action_is_accounted_for(deployment: Lessened) -> None:
    folder = deployment.synthesize()
    unaccounted = []
    for part in ("search", "inference", "knowledge"):
        template = json.loads((folder / f"osml-{ENVIRONMENT}-{part}.template.json").read_text())
        for policy in (
            name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::IAM::Policy"
        ):
            for statement in _allowed(template, policy):
                for action in listed(statement["Action"]):
                    needed = any(
                        (grant.part, grant.action) == (part, action) and policy.startswith(grant.policy)
                        for grant in NEEDED
                    )
                    if not needed and action not in ONLY_ON_AWS:
                        unaccounted.append((part, policy, action))
    assert unaccounted == []
