"""The assistant's API over a domain and over a collection, deployed and loaded, and a caller of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import yaml

from osml.place import Place
from sandbox import startup
from sandbox.instance import ACCOUNT, CHECKOUT, Instance
from tests.clients import foreign
from tests.e2e.templates import SAMPLES, Deployment
from tests.shown.blocks import block
from tests.waiting import until
from tests.website_server import Site, website

SECRET = "osml/sandbox/deepseek"


@dataclass(frozen=True)
class Client:
    """One caller of the API at `place`.

    `models` is the address of the model endpoints, where tests set faults and read their requests. `knowledge` is the
    outputs of that stack, `keys` the ids of further keys, by their names.
    """

    url: str
    key: str
    models: str
    knowledge: dict[str, str]
    keys: dict[str, str]
    deployment: Deployment

    @property
    def place(self) -> Place:
        return self.deployment.place

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"x-api-key": self.key, **options.pop("headers", {})}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=120, **options)

    def with_key(self, name: str) -> "Client":
        """A caller with another key."""
        api_key = boto3.client("apigateway").get_api_key(apiKey=self.keys[name], includeValue=True)
        return replace(self, key=api_key["value"])

    def ask(self, question: str, **more: Any) -> dict[str, Any]:
        answer = self("POST", "/ask", json={"question": question, **more})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def store(self, documents: list[dict[str, Any]]) -> None:
        """Store documents in an empty index, and wait until the API lists them."""
        answer = self("POST", "/documents", json={"documents": documents})
        assert answer.status_code == 200, answer.text
        stored = answer.json()
        assert (stored["stored"], stored["failed"]) == (len(documents), 0), stored
        until(
            "the documents",
            lambda: self("GET", "/documents").json()["documents"],
            lambda listed: len(listed) == len(documents),
        )

    def model_calls(self) -> int:
        calls: int = requests.get(f"{self.models}/_control", timeout=60).json()["deepseek"]["calls"]
        return calls

    def fail(self, **faults: float) -> None:
        requests.put(f"{self.models}/_control/deepseek", json=faults, timeout=60).raise_for_status()


def key_of_kms() -> str:
    """A new key with the policy that docs/encryption.md asks for."""
    policy = block("docs/encryption.md", "json").text
    made = boto3.client("kms").create_key(Policy=policy.replace("111122223333", ACCOUNT))
    return str(made["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with website() as running:
        running.page("/", "<title>Start</title><p>The harbour has a website.</p><a href='/tides'>Tides</a>")
        running.page("/tides", "<title>Tides</title><p>The tide is high at noon.</p>")
        yield running


@pytest.fixture(scope="module", params=["sandbox", "sandbox-aoss"])
def client(
    request: pytest.FixtureRequest, local_cloud: Instance, key: str, engine: Any, tmp_path_factory: Any, site: Site
) -> Iterator[Client]:
    """An environment with an API key, deployed and loaded over its API; afterwards the engine is as before."""
    directory: Path = tmp_path_factory.mktemp("environments")
    settings = yaml.safe_load((CHECKOUT / "environments" / f"{request.param}.yaml").read_text())
    access = {"others": "owner", "readers": ["reading"], "editors": ["loading"], "groups": {"hr": ["loading"]}}
    throttle = {"rate": 500, "burst": 500}
    assistant = {"sign_in": "api-key", "page": False, "throttle": throttle, "access": access}
    settings["assistant"] = {**assistant, "agents": {"tools": ["search", "ask", "get_document"]}}
    settings["assistant"]["feedback"] = {"keep": "texts"}
    settings["assistant"]["cache"] = {"hours": 1}
    settings["assistant"]["originals"] = {"days": 30}
    settings["assistant"]["quota"] = {"questions_per_day": 1_000_000}
    settings["answer"]["secret"] = {"name": SECRET, "key": "api_key", "create": False}
    if settings["search"]["kind"] == "domain":
        settings["search"]["admins"] = [foreign.ROLE]
    else:
        source = {"kind": "website", "start": [f"{site.url}/"], "networks": ["127.0.0.0/8"], "schedule": False}
        settings["sources"] = {"site": {**source, "delay": 0.0}}
    settings["encryption"] = {"key": key_of_kms()}
    # A round calls the answer model, whose calls the tests count.
    settings["keeper"] = {"minutes": 1440}
    (directory / "api.yaml").write_text(yaml.safe_dump(settings))
    before = engine.contents()
    with Deployment("api", directory, local_cloud, tmp_path_factory.mktemp("work")) as deployment:
        deployment.deploy()
        deployed_outputs = deployment.outputs("assistant")
        value = boto3.client("apigateway").get_api_key(apiKey=deployed_outputs["ApiKeyId"], includeValue=True)["value"]
        models = startup.settings(local_cloud)["models_url"]
        keys = json.loads(deployed_outputs["ApiKeys"])
        made = Client(deployed_outputs["ApiUrl"], value, models, deployment.outputs("knowledge"), keys, deployment)
        made.store([json.loads(line) for line in SAMPLES.read_text().splitlines()])
        yield made
        made.fail()
    assert engine.contents() == before
