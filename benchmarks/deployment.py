"""An environment that is deployed in its own local cloud for as long as it is measured."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import requests
import yaml

from benchmarks.quick_model import AT_ONCE, WritingPace, quick_model
from osml.place import CHECKOUT, Place
from osml.remote.domain import Domain
from osml.remote.stack import knowledge, outputs
from rag.search.query import nearest, parameters
from sandbox import startup
from sandbox.instance import Instance
from sandbox.search_engine import OPTIMIZE
from settings.index import IndexNames

OSML = Path(sys.executable).with_name("osml")
QUESTION = "How many people lived in the New York City metro area in 2023?"
UNTHROTTLED = {"rate": 10_000, "burst": 5_000}


@dataclass(frozen=True)
class Deployed:
    """A deployed environment.

    `url` and `key` are those of its API. At `models_url` the model endpoints can be set to fail. `answer_url` is the
    address of this benchmark's answer model, empty if the local cloud's own answers.
    """

    place: Place
    url: str
    key: str
    models_url: str
    answer_url: str = ""

    def asker(self) -> Callable[[], requests.Response]:
        """A client of the API: each call asks once, on a connection that stays open."""
        session = requests.Session()
        session.headers["x-api-key"] = self.key

        def ask() -> requests.Response:
            return session.post(f"{self.url}/ask", json={"question": QUESTION}, timeout=120)

        return ask

    def searcher(self) -> Callable[[], str]:
        """A client of the engine: each call is the signed neural search that the API sends for a question."""
        settings = knowledge(self.place)
        domain = Domain(settings)
        index = IndexNames(
            name=settings.index, text_field=settings.text_field, embedding_field=settings.embedding_field
        )
        body = {**nearest(QUESTION, 4, index, settings.retrieval), "_source": [settings.text_field]}
        path, query = f"/{settings.index}/_search", parameters(settings.retrieval)

        def search() -> str:
            return str(domain.request("POST", path, params=query, json=body).status_code)

        return search


@contextlib.contextmanager
def _answering(model: WritingPace | None) -> Iterator[dict[str, str]]:
    """The variables with which the local cloud uses a model that writes at this pace."""
    if model is None:
        yield {}
        return
    with tempfile.NamedTemporaryFile("w", suffix=".key") as key, quick_model(model) as url:
        key.write("none")
        key.flush()
        yield {"OSML_ANSWER_URL": url, "OSML_ANSWER_KEY_FILE": key.name, "OSML_ANSWER_MODEL": "quick"}


@contextlib.contextmanager
def deployed(
    base: str,
    *,
    answers: bool = True,
    assistant: Mapping[str, Any] | None = None,
    timeouts: Mapping[str, int] | None = None,
    retrieval: Mapping[str, Any] | None = None,
    fields: Mapping[str, str] | None = None,
    model: WritingPace | None = AT_ONCE,
) -> Iterator[Deployed]:
    """The environment `base` of this repository with an API key and no throttle, and with the samples loaded.

    Without `answers` it only searches. `assistant` is added to this group of its file, `timeouts` and `retrieval`
    replace these groups, and `fields` are the declared fields of documents. `model` is the pace of the answer model;
    None means the local cloud's own substitute.

    The local cloud is named `bench`. It starts without data from earlier runs, and stops after the measurement.
    """
    instance = Instance.named("bench")
    with tempfile.TemporaryDirectory() as directory, _answering(model) as answering:
        settings = yaml.safe_load((CHECKOUT / "environments" / f"{base}.yaml").read_text())
        if not answers:
            settings["recipe"] = "semantic-search"
            del settings["answer"]
        settings["assistant"] = {
            "sign_in": "api-key",
            "access": {"others": "owner"},
            "throttle": UNTHROTTLED,
            **(assistant or {}),
        }
        if timeouts:
            settings["timeouts"] = dict(timeouts)
        if retrieval:
            settings["retrieval"] = dict(retrieval)
        if fields:
            settings.setdefault("index", {})["fields"] = dict(fields)
        (Path(directory) / f"{base}.yaml").write_text(yaml.safe_dump(settings))
        environment = {OPTIMIZE: "1", **os.environ, "OSML_SANDBOX": "bench", "OSML_ENVIRONMENTS": directory}
        environment |= answering

        def osml(*arguments: str) -> None:
            subprocess.run([str(OSML), *arguments], env=environment, cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=True)

        where = ("--sandbox", "--env", base)
        osml("sandbox", "down")
        try:
            osml("sandbox", "up")
            if answers:
                osml("secret", "set", *where)
            osml("deploy", *where)
            osml("ingest", *where, "samples/metro-areas.ndjson")
            with patch.dict(os.environ, instance.client_environment(), OSML_ENVIRONMENTS=directory):
                place = Place(base, instance)
                values = outputs(place, "assistant")
                key = boto3.client("apigateway").get_api_key(apiKey=values["ApiKeyId"], includeValue=True)["value"]
                addresses = startup.settings(instance)["models_url"], answering.get("OSML_ANSWER_URL", "")
                yield Deployed(place, values["ApiUrl"], key, *addresses)
        finally:
            osml("sandbox", "down")
