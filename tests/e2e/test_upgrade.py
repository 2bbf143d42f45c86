"""An environment on OpenSearch 2.19: rehearsal of 3.6, rollback, repair of what was refused, and the upgrade.

One story.
"""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from osml.deploy import secret
from osml.failure import Failure
from osml.rehearsal.subject import Comparison
from osml.rehearsal.upgrade import Rehearsal, RehearsalFinding
from osml.rehearsal.upgrade_view import show
from rag.models import Answer
from sandbox import launcher
from sandbox.instance import REGION, Instance
from sandbox.progress import Lines
from tests.e2e.conftest import CommandLine, Engine
from tests.e2e.neighbours import bare_sandbox, write_environment
from tests.e2e.templates import DeployFailed, Deployment
from tests.shown.blocks import block
from tests.shown.printed import unprinted
from tests.waiting import until

NAME = "old"
# Amazon does not offer 3.6.
BEFORE, AFTER = "OpenSearch_2.19", "OpenSearch_3.5"
QUESTION = "How fast did Austin grow between 2020 and 2023?"
LABELLED = (
    {"question": "How fast did Austin grow?", "relevant": {"austin": 2}},
    {"question": "New York City's population", "relevant": {"new-york-city": 2}},
)
# What 3.6 refuses of an index that 2.19 has made, and of the cluster settings.
ODD_INDEX = {"settings": {"index": {"number_of_replicas": 0, "knn": True, "knn.algo_param.m": 8}}}
OLD_VECTORS = {
    "settings": {"index": {"number_of_replicas": 0, "knn": True}},
    "mappings": {
        "properties": {
            "v": {
                "type": "knn_vector",
                "dimension": 2,
                "method": {"name": "hnsw", "engine": "nmslib", "space_type": "l2"},
            }
        }
    },
}
ODD_CLUSTER = {"persistent": {"knn.plugin.enabled": True}}
ODD_ROLE = "/_plugins/_security/api/roles/readers"


@pytest.fixture(scope="session", autouse=True)
def client_environment() -> None:
    """Does not start the local cloud that the other tests share: this story has its own."""


@dataclass(frozen=True)
class Cloud:
    """A local cloud on 2.19 with a deployed environment; `contents` are those of the engine before the deploy."""

    instance: Instance
    directory: Path
    deployment: Deployment
    engine: Engine
    osml: CommandLine
    contents: dict[str, Any]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    instance, directory = Instance.named("upgrade"), tmp_path_factory.mktemp("environments")
    try:
        launcher.up(instance, Lines(print), BEFORE)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in instance.client_environment().items():
                patch.setenv(name, value)
            patch.setenv("OSML_ENVIRONMENTS", str(directory))
            secret.put("osml/sandbox/deepseek", "api_key", instance.deepseek_key.read_text().strip(), REGION)
            write(directory, BEFORE)
            engine = Engine(instance)
            contents = engine.contents()
            deployment = Deployment(NAME, directory, instance, tmp_path_factory.mktemp("templates"))
            deployment.deploy()
            deployment.ingest()
            yield Cloud(instance, directory, deployment, engine, CommandLine(instance), contents)
    finally:
        launcher.down(instance)


def write(directory: Path, version: str, **groups: Any) -> None:
    """Write the environment's file with this version; `groups` are merged into it."""
    write_environment(directory, NAME, {**bare_sandbox()["search"], "engine_version": version})
    file = directory / f"{NAME}.yaml"
    file.write_text(file.read_text() + json.dumps(groups)[1:-1] if groups else file.read_text())


@pytest.fixture(scope="module")
def answer(cloud: Cloud) -> Answer:
    """The answer of 2.19."""
    return cloud.deployment.ask(QUESTION)


@pytest.fixture(scope="module")
def questions(cloud: Cloud) -> Path:
    file = cloud.directory / "questions.ndjson"
    file.write_text("".join(json.dumps(item) + "\n" for item in LABELLED))
    return file


def upgraded(cloud: Cloud, questions: Path, code: int) -> dict[str, Any]:
    """The findings of a rehearsal, by subject."""
    options = ("--ask", QUESTION, "--questions", str(questions))
    upgrade = cloud.osml("sandbox", "upgrade", "--env", NAME, "--to", "3.6", *options, "--json", code=code)
    report = json.loads(upgrade.stdout)
    assert (report["before"], report["after"], report["worse"]) == ("2.19.1", "3.6.0", code == 1)
    assert report["engine_version"] == AFTER
    return {finding["subject"]: finding for finding in report["findings"]}


def printed(findings: dict[str, Any]) -> str:
    """The lines that the command prints of these findings without `--json`."""
    out = io.StringIO()
    lines = tuple(
        RehearsalFinding(subject, Comparison(of["state"], of["seen"], tuple(of["details"])))
        for subject, of in findings.items()
    )
    with redirect_stdout(out):
        show(Rehearsal(NAME, AFTER, "2.19.1", "3.6.0", lines))
    return out.getvalue()


def answers(cloud: Cloud) -> bool:
    try:
        return bool(cloud.deployment.ask(QUESTION).answer)
    except Failure:
        return False


def test_what_the_later_line_refuses_is_named_and_nothing_else_is_worse(
    cloud: Cloud, answer: Answer, questions: Path
) -> None:
    cloud.engine("PUT", "/odd", ODD_INDEX)
    cloud.engine("PUT", "/old-vectors", OLD_VECTORS)
    cloud.engine("PUT", "/_cluster/settings", ODD_CLUSTER)
    cloud.engine("PUT", ODD_ROLE, {"cluster_permissions": ["cluster_monitor"]})
    report = upgraded(cloud, questions, code=1)
    assert {subject: value["state"] for subject, value in report.items() if value["state"] != "same"} == {
        "the assistant": "skipped",
        "settings": "worse",
        "making anew": "worse",
    }
    shown_without_assistant = block("docs/upgrade.md", "text").text.replace("✓ the assistant:", "✓ a question:")
    assert unprinted(shown_without_assistant, printed(report)) == []
    refused = " ".join(report["settings"]["details"])
    assert "index.knn.algo_param.m of the index odd" in refused
    assert "knn.plugin.enabled of the cluster" in refused
    assert QUESTION in report["a question"]["seen"]
    assert "1.000 → 1.000" in report["searches"]["seen"]


def test_an_upgrade_is_undone_with_all_data(cloud: Cloud, answer: Answer) -> None:
    cloud.osml("sandbox", "upgrade", "--undo")
    assert cloud.engine("GET", "/")["version"]["number"] == cloud.instance.engine.version == "2.19.1"
    # After a start, ml-commons 2.19 waits 3 s for its encryption key, and then fails the first call.
    until("an answer", lambda: answers(cloud))
    again = cloud.deployment.ask(QUESTION)
    assert (again.answer, again.sources) == (answer.answer, answer.sources)
    assert "nothing to undo" in cloud.osml("sandbox", "upgrade", "--undo", code=1).stderr


def test_after_the_repair_the_rehearsal_finds_no_fault(cloud: Cloud, questions: Path) -> None:
    cloud.engine("PUT", "/_cluster/settings", {"persistent": {"knn.plugin.enabled": None}})
    cloud.engine("DELETE", "/old-vectors")
    cloud.engine("POST", "/odd/_close")
    cloud.engine("PUT", "/odd/_settings", {"index.knn.algo_param.m": None})
    cloud.engine("POST", "/odd/_open")
    upgraded(cloud, questions, code=0)
    assert cloud.instance.engine.asked == "OpenSearch_3.6"


def test_a_deploy_takes_the_domain_up_in_place_with_other_changes(cloud: Cloud, answer: Answer) -> None:
    endpoint = cloud.deployment.outputs("knowledge")["DomainEndpoint"]
    write(cloud.directory, AFTER, prompt={"system": "You answer in the style of a harbour pilot."})
    cloud.deployment.deploy()
    domain = boto3.client("opensearch").describe_domain(DomainName=f"osml-{NAME}")["DomainStatus"]
    assert (domain["EngineVersion"], cloud.deployment.outputs("knowledge")["DomainEndpoint"]) == (AFTER, endpoint)
    assert "harbour pilot" in json.dumps(cloud.engine("GET", "/_search/pipeline"))
    # Since 3.0, hybrid search scores all hits but the first differently, so their order differs, too.
    assert cloud.deployment.ask(QUESTION).sources[0] == answer.sources[0]


def test_no_deploy_takes_a_domain_down(cloud: Cloud) -> None:
    write(cloud.directory, BEFORE)
    with pytest.raises(DeployFailed, match=f"{AFTER} cannot be upgraded to {BEFORE}"):
        cloud.deployment.deploy("search")


def test_destroy_leaves_what_was_there_before(cloud: Cloud) -> None:
    cloud.deployment.destroy()
    cloud.engine("DELETE", "/odd")
    cloud.engine("DELETE", ODD_ROLE)
    assert cloud.engine.contents() == cloud.contents
