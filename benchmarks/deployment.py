"""An environment deployed in a local cloud of its own, for as long as it is measured."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests
import yaml

from benchmarks.quick_model import quick_model
from osml.domain import Domain
from osml.place import CHECKOUT, Place
from osml.stack import Knowledge, knowledge, outputs
from sandbox import launcher
from sandbox.instance import Instance

OSML = Path(sys.executable).with_name("osml")
QUESTION = "How many people lived in the Boston metro area in 2023?"
UNTHROTTLED = {"rate": 10_000, "burst": 5_000}


@dataclass(frozen=True)
class Deployed:
    """The API's address and key, and where the model endpoints can be told to fail."""

    place: Place
    url: str
    key: str
    models_url: str

    def knowledge(self) -> Knowledge:
        """What the engine holds; for recipes on a domain."""
        return knowledge(self.place)

    def asker(self, body: Mapping[str, Any] | None = None) -> Callable[[], int]:
        """A client of the API: each call asks once and gives the status."""
        session = requests.Session()
        session.headers["x-api-key"] = self.key
        asked = {"question": QUESTION, **(body or {})}

        def ask() -> int:
            return session.post(f"{self.url}/ask", json=asked, timeout=120).status_code

        return ask

    def fail(self, provider: str, **faults: float) -> None:
        """Make the model endpoints of a provider slow or unwilling; without faults they are well again."""
        requests.put(f"{self.models_url}/_control/{provider}", json=faults, timeout=10).raise_for_status()

    def searcher(self) -> Callable[[], int]:
        """A client of the engine: each call is the signed neural search that the API sends for a question."""
        found = self.knowledge()
        domain = Domain(found)
        neural = {"query_text": QUESTION, "model_id": found.embedding_model_id, "k": 4}
        body = {"query": {"neural": {found.embedding_field: neural}}, "size": 4, "_source": [found.text_field]}

        def search() -> int:
            answer = domain.request("POST", f"/{found.index}/_search", json=body)
            return answer.status_code

        return search


@contextlib.contextmanager
def deployed(base: str, *, answers: bool = True) -> Iterator[Deployed]:
    """The environment `base` of this repository with an API key and no throttle, its samples loaded.

    Without `answers` it only searches. The local cloud is named `bench` and ends with the measurement.
    """
    instance = Instance.named("bench")
    with tempfile.TemporaryDirectory() as directory, quick_model() as model:
        key_file = Path(directory) / "model.key"
        key_file.write_text("none")
        settings = yaml.safe_load((CHECKOUT / "environments" / f"{base}.yaml").read_text())
        if not answers:
            settings["recipe"] = "semantic-search"
            del settings["answer"]
        settings["assistant"] = {"sign_in": "api-key", "throttle": UNTHROTTLED}
        (Path(directory) / f"{base}.yaml").write_text(yaml.safe_dump(settings))
        environment = {**os.environ, "OSML_SANDBOX": "bench", "OSML_ENVIRONMENTS": directory}
        environment |= {"OSML_ANSWER_URL": model, "OSML_ANSWER_KEY_FILE": str(key_file), "OSML_ANSWER_MODEL": "quick"}

        def osml(*arguments: str) -> None:
            subprocess.run([str(OSML), *arguments], env=environment, cwd=CHECKOUT, check=True)

        where = ("--sandbox", "--env", base)
        try:
            osml("sandbox", "up")
            if answers:
                osml("secret", "set", *where)
            osml("deploy", *where)
            osml("ingest", *where, "samples/metro-areas.ndjson")
            os.environ.update(instance.client_environment(), OSML_ENVIRONMENTS=directory)
            place = Place(base, instance)
            found = outputs(place, "assistant")
            key = boto3.client("apigateway").get_api_key(apiKey=found["ApiKeyId"], includeValue=True)["value"]
            yield Deployed(place, found["ApiUrl"], key, launcher.settings(instance)["models_url"])
        finally:
            osml("sandbox", "down")
