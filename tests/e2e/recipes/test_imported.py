"""The index of the tutorial for serverless RAG becomes part of an environment, by the commands and the real `cdk`.

The tests form one story, in order: import, deploy, deploy again, destroy.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from mlcommons import Client
from osml.takeover import reach
from osml.takeover.collection_contents import NEEDED
from sandbox.cache import cache_directory
from sandbox.instance import Instance
from sandbox.models.embedding import MiniLM
from sandbox.models.weights import weights_directory
from settings import load
from settings.serverless import Serverless
from tests.contract.cloud_process import CloudAddress
from tests.contract.serverless_tutorial import COLLECTION, INDEX, Tutorial, deploy, person
from tests.e2e.conftest import CommandLine
from tests.waiting import until

NAME = "imported"
HERE = ("--env", NAME, "--sandbox")
BOSTON = "In 2023, 4,327,000 people lived in the metro area of Boston."
MIAMI = "In 2023, 6,265,000 people lived in the metro area of Miami."
QUESTION = "How many people lived in the metro area of Boston in 2023?"
NOTES = {"team": "travel"}


@pytest.fixture(scope="module")
def tutorial(local_cloud: Instance, client_environment: None) -> Iterator[Tutorial]:
    """The tutorial as it is written, with two documents."""
    address = local_cloud.client_environment()
    made = deploy(CloudAddress(address["AWS_ENDPOINT_URL"], address["AWS_CA_BUNDLE"]))
    minilm = MiniLM(weights_directory(cache_directory()))
    for text in (BOSTON, MIAMI):
        made.index_document(text, [float(number) for number in minilm.embed([text])[0]])
    yield made
    made.clean()


@pytest.fixture(scope="module")
def importer(tutorial: Tutorial) -> str:
    """The role of a person whom a data access policy admits, and who notes the team's name in the index."""
    role = person(tutorial.cloud, COLLECTION, *NEEDED)
    collection(role).put(f"/{INDEX}/_mapping", {"_meta": NOTES})
    return role


@pytest.fixture(scope="module")
def osml(local_cloud: Instance, directory: Path, tutorial: Tutorial) -> Iterator[CommandLine]:
    """The command line; the environment is removed before the tutorial."""
    command = CommandLine(local_cloud)
    command.environment["OSML_ENVIRONMENTS"] = str(directory)
    yield command
    if stacks():
        command("destroy", *HERE, "--yes")


def collection(role: str) -> Client:
    return reach.collection_client(reach.described_collection(COLLECTION), role)


def state(role: str) -> dict[str, Any]:
    """The index as the collection shows it."""
    shown: dict[str, Any] = collection(role).get(f"/{INDEX}")[INDEX]
    return shown


def texts(role: str) -> list[str]:
    answer = collection(role).post(f"/{INDEX}/_search", {"query": {"match_all": {}}, "size": 100})
    return sorted(hit["_source"]["text"] for hit in answer["hits"]["hits"])


def stacks() -> dict[str, Any]:
    """The time of the last change of each stack of the environment."""
    pages = boto3.client("cloudformation").get_paginator("describe_stacks").paginate()
    every = [stack for page in pages for stack in page["Stacks"]]
    return {
        stack["StackName"]: stack.get("LastUpdatedTime", stack["CreationTime"])
        for stack in every
        if stack["StackName"].startswith(f"osml-{NAME}-")
    }


def policies() -> set[str]:
    return {
        each["name"]
        for each in boto3.client("opensearchserverless").list_access_policies(type="data")["accessPolicySummaries"]
    }


def test_an_imported_collection_is_deployed_and_given_back(
    osml: CommandLine, tutorial: Tutorial, importer: str, directory: Path
) -> None:
    before, rules = state(importer), policies()
    until("the documents of the tutorial", lambda: texts(importer), lambda seen: seen == [BOSTON, MIAMI])
    begun = time.monotonic()
    said = osml("import", NAME, "--collection", COLLECTION, "--role", importer, "--yes", "--sandbox").stdout
    assert f"osml deploy --env {NAME} --sandbox" in said
    environment = load(NAME, directory)
    assert isinstance(environment.search, Serverless)
    assert environment.search.collection is not None
    assert (environment.index.name, environment.search.collection.name) == (INDEX, COLLECTION)
    marked = state(importer)
    assert f"osml-{NAME}-knowledge" in marked["mappings"]["_meta"]["osml"]

    osml("deploy", *HERE, "--yes")
    adopted = state(importer)
    assert adopted["settings"]["index"]["uuid"] == before["settings"]["index"]["uuid"]
    assert {key: adopted["mappings"]["_meta"][key] for key in NOTES} == NOTES
    answer = json.loads(osml("ask", *HERE, "--json", QUESTION).stdout)
    assert "4,327,000" in answer["answer"]
    assert answer["sources"][0]["text"] == BOSTON

    deployed = stacks()
    osml("deploy", *HERE, "--yes")
    assert stacks() == deployed
    assert state(importer) == adopted

    osml("destroy", *HERE, "--yes")
    assert stacks() == {}
    given_back = state(importer)
    assert given_back["mappings"]["_meta"] == NOTES
    assert given_back["settings"] == before["settings"]
    fields = given_back["mappings"]["properties"]
    assert {name: fields[name] for name in before["mappings"]["properties"]} == before["mappings"]["properties"]
    assert texts(importer) == [BOSTON, MIAMI]
    assert policies() == rules
    assert tutorial.page().status_code == 200
    print(f"{time.monotonic() - begun:.0f} s")
