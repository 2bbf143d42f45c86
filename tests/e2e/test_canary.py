"""A whole life of an environment, and a search for its secrets in everything that was written.

Searched are templates, events, logs, exceptions, answers, process lists, files and indexes. ALLOWED names the places
where a secret may be, with the reason; a secret in any other place is a leak.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import yaml

from osml.failure import Failure
from sandbox import startup
from sandbox.instance import CHECKOUT, Instance
from tests.e2e.canary import Canaries, account, files, heard_in, indexes, watched
from tests.e2e.templates import DeployFailed, Deployment

NAME = "canary"
SECRET = "osml/canary/deepseek"
QUESTION = "How fast did Austin grow between 2020 and 2023?"
# File names, with the reason why a secret may be there.
ALLOWED = {
    "deepseek.key": "the provider's own memory of its keys, which the model endpoints read",
    "engine/logs/engine.log": "ml-commons (3.4) logs a refusal as it came, and this provider repeats the whole key",
}


@dataclass
class Life:
    """The results of a life: texts of exceptions and commands, and the places where secrets were found meanwhile."""

    canaries: Canaries
    said: list[str] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    processes: list[str] = field(default_factory=list)
    encrypted: list[Any] = field(default_factory=list)


class Writer:
    """The environment, its secret, and the provider that knows which keys are valid."""

    def __init__(self, directory: Path, instance: Instance) -> None:
        self._directory = directory
        self._provider = instance.deepseek_key
        self.before = self._provider.read_text()
        self._secrets = boto3.client("secretsmanager")
        self._secrets.create_secret(Name=SECRET, SecretString="{}")
        self._settings = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
        self._settings["answer"]["secret"] = {"name": SECRET, "key": "api_key", "create": False}
        self._settings["embedding"] = {
            "provider": "sagemaker",
            "endpoint": "all-minilm-l6-v2",
            "shape": "array",
            "dimension": 384,
        }

    def keep(self, key: str) -> None:
        self._secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"api_key": key}))

    def accept(self, *keys: str) -> None:
        self._provider.write_text("\n".join([self.before.strip(), *keys]))

    def change(self, tokens: int) -> None:
        """Change the connector, so that the deploy reads the secret again."""
        self._settings["answer"]["max_tokens"] = tokens
        (self._directory / f"{NAME}.yaml").write_text(yaml.safe_dump(self._settings))

    def remove(self) -> None:
        self._provider.write_text(self.before)
        self._secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture(scope="module")
def life(local_cloud: Instance, engine: Any, osml: Any, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Deploy, ingest, ask by command and by API, a refused key, a rollback, a rotation, destroy."""
    directory, work = tmp_path_factory.mktemp("environments"), tmp_path_factory.mktemp("work")
    writer, life = Writer(directory, local_cloud), Life(Canaries())
    first, refused, second = (life.canaries.plant(f"the {what} key") for what in ("first", "refused", "second"))
    password = life.canaries.plant("the user's password")
    models = startup.settings(local_cloud)["models_url"]
    deployment = Deployment(NAME, directory, local_cloud, work)

    def listen() -> None:
        sources = (files(local_cloud.home, work), indexes(engine), account(f"osml-{NAME}"))
        life.heard |= {item for item in heard_in(life.canaries, *sources) if not item.startswith(_allowed(local_cloud))}

    with watched(life.canaries, {os.getpid()}) as life.processes:
        try:
            writer.keep(first)
            writer.accept(first)
            writer.change(500)
            deployment.deploy()
            deployment.ingest()
            life.said.append(str(deployment.ask(QUESTION)))
            life.said += _signed_in(deployment, password)
            connectors = engine("POST", "/.plugins-ml-connector/_search?size=1000")["hits"]["hits"]
            life.encrypted = [connector["_source"].get("credential") for connector in connectors]
            listen()

            writer.accept()
            requests.put(f"{models}/_control/deepseek", json={"echo": 1}, timeout=60).raise_for_status()
            with pytest.raises(Failure) as failure:
                deployment.ask(QUESTION)
            life.said.append(str(failure.value))
            asking = osml("ask", "--sandbox", "--env", NAME, QUESTION, code=1)
            life.said.append(asking.stdout + asking.stderr)
            # The rollback needs a key that works: that of the old connector.
            writer.accept(first)
            writer.keep(refused)
            writer.change(501)
            with pytest.raises(DeployFailed) as rollback:
                deployment.deploy("knowledge")
            life.said.append(str(rollback.value))
            listen()

            writer.keep(second)
            writer.accept(second)
            writer.change(502)
            deployment.deploy("knowledge")
            life.said.append(str(deployment.ask(QUESTION)))
            listen()
            deployment.destroy()
            listen()
        finally:
            requests.delete(f"{models}/_control/deepseek", timeout=60)
            deployment.destroy()
            writer.remove()
    return life


def _allowed(instance: Instance) -> tuple[str, ...]:
    return tuple(f"{instance.home / name}: " for name in ALLOWED)


def _signed_in(deployment: Deployment, password: str) -> list[str]:
    """Try to sign in as a user whose password an administrator has set, and ask a question without a token."""
    outputs, users = deployment.outputs("assistant"), boto3.client("cognito-idp")
    pool = users.list_user_pools(MaxResults=60)["UserPools"][0]["Id"]
    users.admin_create_user(UserPoolId=pool, Username="canary@example.com", MessageAction="SUPPRESS")
    users.admin_set_user_password(UserPoolId=pool, Username="canary@example.com", Password=password, Permanent=True)
    client = users.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
    said = []
    try:
        parameters = {"USERNAME": "canary@example.com", "PASSWORD": password}
        answer = users.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
        token = answer["AuthenticationResult"]["IdToken"]
    except users.exceptions.ClientError as error:
        said, token = [str(error)], "none"
    response = requests.post(
        f"{outputs['ApiUrl']}/ask", json={"question": QUESTION}, headers={"Authorization": token}, timeout=120
    )
    return [*said, response.text, str(response.headers)]


def test_nothing_that_was_written_holds_a_secret(life: Life) -> None:
    assert life.heard == set()


def test_no_message_contains_a_secret(life: Life) -> None:
    assert all(life.said), life.said
    assert [text for text in life.said if life.canaries.heard(text.encode())] == []


def test_no_process_gets_a_secret_in_a_visible_place(life: Life) -> None:
    assert life.processes == []


def test_the_engine_holds_its_key_encrypted(life: Life) -> None:
    """The key is there, so the search above was able to find something."""
    assert [credential for credential in life.encrypted if credential]


def test_the_reported_cause_is_the_refused_key(life: Life) -> None:
    refusal = "The provider does not accept the key in the secret."
    assert any(refusal in text for text in life.said)


@pytest.mark.parametrize(
    "write", [str, repr, json.dumps, lambda value: json.dumps(json.dumps({"k": f"Bearer {value}"}))]
)
def test_a_secret_is_heard_however_it_is_written(write: Any) -> None:
    canaries = Canaries()
    value = canaries.plant("key")
    assert canaries.heard(str(write(value)).encode()) == ["key"]
    assert canaries.heard(b"nothing") == []
