"""A domain has lost its documents: a new environment restores the last backup, and answers from the documents."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from typer.testing import CliRunner

from osml.backup import backup
from osml.deploy import drift
from osml.failure import Failure
from osml.main import app
from osml.remote.functions import Functions
from sandbox.instance import Instance
from tests.e2e.conftest import Engine
from tests.e2e.neighbours import ENDPOINT, bare_sandbox
from tests.e2e.templates import Deployment
from tests.waiting import until

QUESTION = "What's the population increase of New York City from 2021 to 2023?"


def settings(**more: Any) -> dict[str, Any]:
    chosen = bare_sandbox()
    chosen["embedding"] = {"provider": "sagemaker", "endpoint": ENDPOINT, "shape": "array", "dimension": 384}
    # A round would take the first backup itself, if the tests began later than the default of 15 minutes.
    return {**chosen, "keeper": {"minutes": 1440}, **more}


def osml(*arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments, "--sandbox", "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def before(local_cloud: Instance, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A loaded environment with an assistant."""
    folder = tmp_path_factory.mktemp("environments")
    assistant = {"sign_in": "api-key", "page": False, "feedback": {"keep": "texts"}}
    (folder / "before.yaml").write_text(yaml.safe_dump(settings(assistant=assistant, backup={})))
    (folder / "after.yaml").write_text(yaml.safe_dump(settings(backup={"restores": ["before"]})))
    with Deployment("before", folder, local_cloud, tmp_path_factory.mktemp("before")) as made:
        made.deploy()
        made.ingest()
        yield made


@pytest.fixture(scope="module")
def after(before: Deployment, local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Another domain, without an assistant, whose own engine is empty."""
    made = Deployment("after", before.directory, local_cloud, tmp_path_factory.mktemp("after"))
    try:
        made.deploy()
        yield made
    finally:
        made.destroy("search", "inference", "knowledge")


def ask(deployment: Deployment, **more: Any) -> dict[str, Any]:
    answer = Functions(deployment.place, boto3.Session()).post("/ask", {"question": QUESTION, **more})
    assert answer.status == 200, answer.body
    return answer.body


def count(deployment: Deployment) -> int:
    domain = deployment.domain()
    domain.json("POST", "/passages/_refresh")
    return int(
        domain.send("POST", "/passages/_search", {"size": 0, "track_total_hits": True})["hits"]["total"]["value"]
    )


def test_a_new_environment_gets_the_documents_of_a_backup(
    before: Deployment, engine: Engine, request: pytest.FixtureRequest
) -> None:
    said, documents = before.ask(QUESTION).answer, count(before)
    assert documents
    [taken] = osml("backup", "--env", "before")["backups"]
    assert taken["state"] == "SUCCESS"
    assert osml("backup", "--env", "before", "--list")["backups"] == [taken]
    assert {name.split("-")[-1] for name in taken["indexes"]} >= {"conversations", "feedback"}
    engine("POST", "/passages/_delete_by_query?refresh=true", {"query": {"match_all": {}}})
    assert count(before) == 0
    after: Deployment = request.getfixturevalue("after")
    assert count(after) == 0

    restored = osml("restore", "--env", "before", "--into", "after")

    assert restored["snapshot"] == taken["name"]
    assert count(after) == documents
    assert after.ask(QUESTION).answer == said
    assert drift.drifted(after.place) == []


def test_an_environment_gets_back_its_documents_and_conversations(before: Deployment, engine: Engine) -> None:
    osml("restore", "--env", "before", "--into", "before", "--replace")
    said = ask(before)
    osml("backup", "--env", "before")
    for index in ("passages", "passages-conversations"):
        engine("POST", f"/{index}/_delete_by_query?refresh=true", {"query": {"match_all": {}}})

    osml("restore", "--env", "before", "--into", "before", "--replace")

    assert count(before) > 0
    conversation, turn = ask(before, conversation_id=said["conversation_id"])["conversation_id"].rsplit("-", 1)
    assert (f"{conversation}-1", turn) == (said["conversation_id"], "2")
    assert drift.drifted(before.place) == []


def test_the_figures_of_the_dashboard_count_what_was_asked(before: Deployment) -> None:
    def asked_so_far() -> float:
        shown = osml("metrics", "--env", "before", "--since", "2h")
        [figures] = [graph["figures"] for graph in shown["graphs"] if graph["title"] == "Assistant: questions"]
        return next(figure["value"] or 0 for figure in figures if figure["name"] == "Questions")

    # The questions of the previous test's conversation.
    until("two questions", asked_so_far, lambda number: number >= 2)


def test_documents_are_replaced_only_when_told_to(before: Deployment, after: Deployment) -> None:
    documents = count(after)
    with pytest.raises(Failure, match=rf"passages-\w+ has {documents} documents.*--replace"):
        backup.restore("before", after.place, None, print)
    assert count(after) == documents


def test_it_reads_backups_of_those_alone_that_its_file_names(before: Deployment, after: Deployment) -> None:
    with pytest.raises(Failure, match=r"may only read those of before\..*backup\.restores"):
        backup.restore("after", before.place, None, print)
