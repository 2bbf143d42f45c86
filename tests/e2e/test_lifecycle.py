"""From nothing to a grounded answer and back, by the commands of the README: one story, in order."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
import yaml
from mcp import Client, StdioServerParameters
from opensearchpy import OpenSearch

from osml.place import Place
from osml.remote.stack import knowledge
from sandbox.instance import CHECKOUT, Instance
from tests.e2e.administrator import administrator
from tests.e2e.conftest import OSML
from tests.e2e.templates import Deployment

QUESTION = "What's the population increase of New York City from 2021 to 2023? How is the trend compared with Miami?"
SENTENCE = (
    'The zeppelin fare is "42% off" at C:\\new\\table and {"json": [1, null]} 🗽 שלום \u202ertl\u202c '
    "bar ｜ and $1 ${x} <b> & 'quoted'."
)
# The stand-in quotes the sentence; without escaping, the control characters around it would break a request body.
HOSTILE = f"A first \x01\x1f line\twith a tab.\r\n{SENTENCE}\nA last line."
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"


@pytest.fixture(scope="module")
def before(
    foreign: dict[str, Any], local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The contents of the engine before the story; no stack is left after it, also when it ends early."""
    with Deployment("sandbox", CHECKOUT / "environments", local_cloud, tmp_path_factory.mktemp("work")):
        yield foreign


def ask(osml: Any, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(osml("ask", "--sandbox", "--json", question).stdout)
    return answer


def test_without_the_secret_the_deploy_does_not_begin(before: dict[str, Any], osml: Any) -> None:
    result = osml("deploy", "--sandbox", code=1)
    assert "osml secret set --sandbox" in result.stderr


def test_deploy_makes_each_thing_once(before: dict[str, Any], osml: Any, engine: Any) -> None:
    osml("secret", "set", "--sandbox")
    osml("deploy", "--sandbox")
    now = engine.contents()
    kinds = ("connectors", "models", "model_groups", "ingest_pipelines", "search_pipelines", "indexes")
    added = {kind: len(now[kind]) - len(before[kind]) for kind in kinds}
    assert added == {
        "connectors": 2,
        "models": 2,
        "model_groups": 2,
        "ingest_pipelines": 1,
        "search_pipelines": 2,
        "indexes": 2,
    }
    assert "ml_full_access" in now["role_mappings"]


def trusted(client: OpenSearch) -> list[str]:
    settings = client.cluster.get_settings(params={"flat_settings": "true", "include_defaults": "true"})
    value: list[str] = {**settings["defaults"], **settings["persistent"]}[SETTING]
    return value


def test_the_answering_host_is_trusted_by_the_defaults_which_stay(client: OpenSearch) -> None:
    settings = client.cluster.get_settings(params={"flat_settings": "true", "include_defaults": "true"})
    assert SETTING not in settings["persistent"]
    assert any(re.fullmatch(pattern, "https://api.deepseek.com/chat/completions") for pattern in trusted(client))


def test_the_samples_are_loaded_and_counted(osml: Any) -> None:
    assert "6 created, 0 updated, 0 failed" in osml("ingest", "--sandbox", "samples/metro-areas.ndjson").stderr
    assert "0 created, 6 updated, 0 failed" in osml("ingest", "--sandbox", "samples/metro-areas.ndjson").stderr


def test_the_answer_holds_the_right_figures_and_nothing_of_the_prompt(osml: Any) -> None:
    answer = ask(osml, QUESTION)
    for figure in ("18,823,000", "18,937,000", "6,167,000", "6,265,000"):
        assert figure in answer["answer"]
    for leak in ("<think>", "</think>", "SEARCH RESULT", "QUESTION:", "You are"):
        assert leak not in answer["answer"]
    assert "stand-in" in answer["answer"]
    assert {source["id"] for source in answer["sources"][:2]} == {"new-york-city", "miami"}


def test_ask_prints_the_answer_its_documents_and_the_next_command(osml: Any) -> None:
    shown = osml("ask", "--sandbox", QUESTION).stdout
    assert "18,937,000" in shown
    assert "new-york-city" in shown
    assert "osml ask --sandbox" in shown


def test_an_agent_searches_asks_and_reads_over_its_protocol(osml: Any) -> None:
    """The official client of the protocol starts `osml mcp`."""
    program = StdioServerParameters(command=str(OSML), args=["mcp", "--sandbox"], env=osml.environment)

    async def agent() -> list[Any]:
        async with Client(program) as client:
            search = await client.call_tool("search", {"question": QUESTION, "size": 2})
            ask = await client.call_tool("ask", {"question": QUESTION})
            listed = await client.call_tool("list_documents", {"search": "miami"})
            shown = await client.call_tool("get_document", {"id": "miami"})
            absent = await client.call_tool("get_document", {"id": "atlantis"})
            return [search, ask, listed, shown, absent]

    search, answer, listed, shown, absent = asyncio.run(agent())
    assert {passage["id"] for passage in search.structured_content["passages"]} == {"new-york-city", "miami"}
    assert "18,937,000" in answer.structured_content["answer"]
    assert [document["id"] for document in listed.structured_content["documents"]] == ["miami"]
    assert "6,265,000" in json.dumps(shown.structured_content)
    assert absent.is_error
    assert "atlantis" in absent.content[0].text


def test_hostile_text_goes_through_ingest_and_answer_unharmed(osml: Any, tmp_path: Path) -> None:
    file = tmp_path / "hostile.ndjson"
    file.write_text(json.dumps({"id": 'id "with" spaces', "text": HOSTILE}) + "\n")
    assert "1 created, 0 updated, 0 failed" in osml("ingest", "--sandbox", str(file)).stderr
    answer = ask(osml, 'What is the "zeppelin fare"\n at C:\\new\\table 🗽?')
    assert answer["sources"][0]["text"] == HOSTILE
    assert SENTENCE in answer["answer"]


@pytest.fixture
def only_ours(engine: Any) -> Iterator[None]:
    """ml-commons writes nothing by itself."""
    with engine.without_sync():
        yield


@pytest.mark.usefixtures("only_ours")
def test_a_changed_prompt_changes_the_pipeline_and_writes_nothing_else(
    osml: Any, engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents, documents, calls = engine.contents(), engine.ml_documents(), invocations()
    settings = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
    settings["prompt"] = {
        **settings.get("prompt", {}),
        "system": "You answer in the style of a harbour pilot.",
    }
    (tmp_path / "sandbox.yaml").write_text(yaml.safe_dump(settings))
    monkeypatch.setitem(osml.environment, "OSML_ENVIRONMENTS", str(tmp_path))
    (name,) = (pipeline for pipeline in contents["ingest_pipelines"] if pipeline.startswith("passages-"))
    (made,) = engine("GET", f"/_ingest/pipeline/{name}").values()
    engine("PUT", f"/_ingest/pipeline/{name}", made | {"processors": []})
    differing = osml("diff", "--sandbox", code=1)
    assert "harbour pilot" in differing.stdout
    costs = json.loads(osml("cost", "--sandbox", "--json").stdout)["usd_per_month"]
    usd = f"{sum(costs.values()):,.2f} USD a month"
    assert f"It costs {usd} while idle, before and after a deploy." in differing.stderr
    assert f"({name}) is changed: pipeline by hand" in differing.stderr
    assert engine.ml_documents() == documents
    stderr = osml("deploy", "--sandbox", code=3).stderr
    assert f"({name}) is changed: pipeline by hand" in stderr
    assert "Restore them with `osml deploy --sandbox --repair`" in stderr
    assert next(iter(engine("GET", f"/_ingest/pipeline/{name}").values()))["processors"] == []
    assert invocations() == calls + 1
    osml("deploy", "--sandbox", "--repair")
    assert next(iter(engine("GET", f"/_ingest/pipeline/{name}").values())) == made
    assert "harbour pilot" in json.dumps(engine("GET", "/_search/pipeline")["passages-answer"])
    assert engine.contents() == contents
    assert engine.ml_documents() == documents


def invocations() -> int:
    """How often the provisioner was called, according to its log."""
    logs = boto3.client("logs")
    (group,) = (
        g["logGroupName"] for g in logs.describe_log_groups()["logGroups"] if "Provisioner" in g["logGroupName"]
    )
    events = logs.filter_log_events(logGroupName=group)["events"]
    return sum(event["message"].startswith("START RequestId") for event in events)


def test_destroy_leaves_nothing_of_ours_and_all_of_theirs(
    before: dict[str, Any], osml: Any, cdk: Any, engine: Any, client: OpenSearch, local_cloud: Instance
) -> None:
    theirs = "arn:aws:iam::000000000000:role/late-foreigner"
    shared = "/_plugins/_security/api/rolesmapping/ml_full_access"
    ours = engine("GET", shared)["ml_full_access"]["backend_roles"]
    engine("PATCH", shared, [{"op": "replace", "path": "/backend_roles", "value": [*ours, theirs]}])
    pattern = "^https://foreign\\.example/.*$"
    with administrator(engine, knowledge(Place("sandbox", local_cloud))) as domain:
        domain.json("PUT", "/_cluster/settings", json={"persistent": {SETTING: [*trusted(client), pattern]}})

    cdk("destroy", "osml-sandbox-knowledge", "--force")
    now = engine.contents()
    assert now["role_mappings"].pop("ml_full_access")["backend_roles"] == [theirs]
    engine("DELETE", shared)
    # The domain's master user stays until the domain goes.
    assert now["role_mappings"].pop("all_access") != before["role_mappings"]["all_access"]
    assert now["role_mappings"].pop("security_manager")
    kept = {role: m for role, m in before["role_mappings"].items() if role != "all_access"}
    assert now == {**before, "role_mappings": kept}
    entries = engine("GET", "/_cluster/settings?flat_settings=true")["persistent"][SETTING]
    left = [unquote(entry) for entry in entries if entry.startswith("never^set:")]
    assert [entry for entry in left if "foreign" in entry] == [f"never^set:{pattern}"]
    assert [entry for entry in left if "osml" in entry] == []
    assert [entry for entry in left if "cohere" in entry]

    osml("destroy", "--sandbox")
    assert engine.contents() == before
    stacks = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
    assert [s["StackName"] for s in stacks["StackSummaries"] if s["StackName"].startswith("osml-")] == []
