"""A self-managed OpenSearch: the engine over TLS, with a name and a password; its connectors contain the keys."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import pytest

from osml.failure import Failure
from osml.remote.stack import knowledge
from sandbox import startup
from sandbox.instance import ACCOUNT, REGION, Instance
from tests.e2e.neighbours import ENDPOINT, write_environment
from tests.e2e.templates import Deployment

QUESTION = "How fast did Austin grow between 2020 and 2023?"
PASSWORD = "Own-engine-9-lives!"


class OwnDeployment(Deployment):
    """A deployment without a front, so its connectors get the addresses of this machine's model endpoints."""

    egress = 0

    def synthesize(self, context: Mapping[str, str] = MappingProxyType({})) -> Path:
        folder = super().synthesize(context)
        way = f"http://127.0.0.1:{self.egress}/_aws/"
        for file in folder.glob("*-knowledge.template.json"):
            text = file.read_text()
            for host in ("runtime.sagemaker.", "${parameters.endpoint}/v1"):
                assert f"https://{host}" in text
                text = text.replace(f"https://{host}", f"{way}{host}")
            template = json.loads(text)
            for resource in template["Resources"].values():
                if resource["Type"] == "Custom::MlTrustedEndpoints":
                    resource["Properties"]["Spec"] = json.dumps({"patterns": [f"^{re.escape(way)}.*$"]})
            file.write_text(json.dumps(template))
        return folder


class Keys:
    """An IAM user who may call the embedding endpoint, and the secret with the user's access key."""

    def __init__(self, endpoint: str) -> None:
        self.iam, self.secrets = boto3.client("iam"), boto3.client("secretsmanager")
        self.iam.create_user(UserName="own-engine")
        allow = {
            "Effect": "Allow",
            "Action": "sagemaker:InvokeEndpoint",
            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{endpoint}",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.iam.put_user_policy(UserName="own-engine", PolicyName="invoke", PolicyDocument=policy)
        self.arn = self.secrets.create_secret(Name="osml/own/models", SecretString="{}")["ARN"]
        self.used: list[str] = []
        self.rotate()

    def rotate(self) -> None:
        """Put another access key into the secret; from now on, the former one is refused."""
        for old in self.iam.list_access_keys(UserName="own-engine")["AccessKeyMetadata"]:
            self.iam.delete_access_key(UserName="own-engine", AccessKeyId=old["AccessKeyId"])
        new = self.iam.create_access_key(UserName="own-engine")["AccessKey"]
        self.used.append(new["SecretAccessKey"])
        value = {"id": new["AccessKeyId"], "secret": new["SecretAccessKey"]}
        self.secrets.put_secret_value(SecretId=self.arn, SecretString=json.dumps(value))

    def remove(self) -> None:
        for old in self.iam.list_access_keys(UserName="own-engine")["AccessKeyMetadata"]:
            self.iam.delete_access_key(UserName="own-engine", AccessKeyId=old["AccessKeyId"])
        self.iam.delete_user_policy(UserName="own-engine", PolicyName="invoke")
        self.iam.delete_user(UserName="own-engine")
        self.secrets.delete_secret(SecretId=self.arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def login(engine: Any) -> Iterator[str]:
    """The secret of an internal user with all permissions."""
    user, path = "/_plugins/_security/api/internalusers/own", "/_plugins/_security/api/rolesmapping/all_access"
    engine("PUT", user, {"password": PASSWORD})
    users = engine("GET", path)["all_access"]["users"]
    engine("PATCH", path, [{"op": "add", "path": "/users", "value": [*users, "own"]}])
    client = boto3.client("secretsmanager")
    value = json.dumps({"username": "own", "password": PASSWORD})
    arn = client.create_secret(Name="osml/own/login", SecretString=value)["ARN"]
    yield arn
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    engine("PATCH", path, [{"op": "add", "path": "/users", "value": users}])
    engine("DELETE", user)


@pytest.fixture(scope="module")
def keys(local_cloud: Instance) -> Iterator[Keys]:
    keys = Keys(ENDPOINT)
    yield keys
    keys.remove()


@pytest.fixture(scope="module")
def search(engine: Any, login: str, keys: Keys) -> dict[str, Any]:
    model_keys = {"arn": keys.arn, "access_key_key": "id", "secret_key_key": "secret"}
    return {
        "kind": "self-managed",
        "endpoint": engine.url,
        "login": {"arn": login},
        "model_keys": model_keys,
    }


@pytest.fixture(scope="module")
def before(foreign: dict[str, Any], login: str, engine: Any) -> dict[str, Any]:
    contents: dict[str, Any] = engine.contents()
    return contents


@pytest.fixture(scope="module")
def own(
    local_cloud: Instance,
    directory: Path,
    tmp_path_factory: pytest.TempPathFactory,
    search: dict[str, Any],
    before: dict[str, Any],
    key: str,
) -> Iterator[OwnDeployment]:
    write_environment(directory, "own", search, "owned")
    with OwnDeployment("own", directory, local_cloud, tmp_path_factory.mktemp("own")) as deployment:
        deployment.egress = startup.settings(local_cloud)["egress_port"]
        deployment.deploy()
        yield deployment


def test_it_answers_from_its_documents(own: OwnDeployment) -> None:
    own.ingest()
    answer = own.ask(QUESTION)
    assert answer.sources[0].id == "austin"
    assert "stand-in" in str(answer.answer)


def test_no_value_of_a_secret_is_anywhere_but_in_the_engine(
    own: OwnDeployment, keys: Keys, key: str, engine: Any
) -> None:
    cloud, logs = boto3.client("cloudformation"), boto3.client("logs")
    seen: list[Any] = []
    for part in ("search", "inference", "knowledge"):
        seen.append(cloud.get_template(StackName=f"osml-own-{part}")["TemplateBody"])
        seen.append(cloud.describe_stack_events(StackName=f"osml-own-{part}")["StackEvents"])
    for group in logs.describe_log_groups()["logGroups"]:
        seen.append(logs.filter_log_events(logGroupName=group["logGroupName"])["events"])
    seen.append(engine("POST", "/_plugins/_ml/connectors/_search", {"size": 1000}))
    seen.append(engine("POST", "/.plugins-ml-connector/_search", {"size": 1000}))
    text = json.dumps(seen, default=str)
    assert ENDPOINT in text
    for value in (*keys.used, key, PASSWORD):
        assert value not in text


def test_an_unchanged_deploy_writes_nothing(own: OwnDeployment, engine: Any) -> None:
    engine.unwritten(own.deploy)


def test_another_revision_brings_the_new_key_to_the_same_model(
    own: OwnDeployment, search: dict[str, Any], keys: Keys, directory: Path
) -> None:
    model = knowledge(own.place).embedding_model_id
    keys.rotate()
    with pytest.raises(Failure):
        own.ask(QUESTION)
    write_environment(directory, "own", {**search, "key_revision": 2}, "owned")
    own.deploy("knowledge")
    assert knowledge(own.place).embedding_model_id == model
    assert own.ask(QUESTION).sources[0].id == "austin"


def test_destroy_leaves_the_engine_as_it_was(own: OwnDeployment, before: dict[str, Any], engine: Any) -> None:
    own.destroy()
    assert engine.contents() == before
