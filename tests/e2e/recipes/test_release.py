"""The present code is deployed over what earlier code of this repository has deployed and loaded.

A domain and a collection, each as a story. docs/upgrade.md says what an upgrade may change.
"""

import json
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest

from osml.deploy import deployment as deploy
from osml.deploy import drift
from sandbox.instance import Instance
from tests.e2e.assistant_api import Client
from tests.e2e.conftest import CommandLine, Engine
from tests.e2e.earlier import Earlier
from tests.e2e.releases import RELEASES, Release, State, settings, state
from tests.e2e.templates import SAMPLES, Deployment

QUESTION, KNOWN = "How many people lived in the Miami metro area in 2023?", "6,265,000"
FOLLOW_UP, FOLLOWING = "And in Chicago?", "8,937,000"
NOTES = (
    {"id": "orkla", "text": "The ferry to Orkla leaves at noon from pier 9.", "harbour": "Orkla"},
    {"id": "bodin", "text": "The ferry to Bodin leaves at nine from pier 2.", "harbour": "Bodin"},
)
PAY = {"id": "pay", "text": "The director of the ferry company earns 930,000 a year.", "groups": ["hr"]}
# Changes no result.
BY_HAND: dict[str, Any] = {"filter_query": {"query": {"match_all": {}}}}
PERSON, PASSWORD = "ada@example.com", "Correct-horse-7-battery"
# What `cdk diff` says of a resource that goes or is made anew.
HEADING = re.compile(r"^\[[-~+]+\] \S+::\S+ .*?(\w+) (destroy|replace|may be replaced|orphan)$", re.MULTILINE)


@dataclass(frozen=True)
class Upgrade:
    """`answers` are those of the earlier code, `losses` and `diff` what was printed before the present one's deploy."""

    release: Release
    earlier: Earlier
    deployment: Deployment
    osml: CommandLine
    engine: Engine
    answers: dict[str, Any]
    before: State
    losses: list[str]
    diff: str
    after: State

    def ask(self, question: str, *options: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            self.osml("ask", "--env", self.release.name, "--sandbox", "--json", *options, question).stdout
        )
        return answer

    def gone(self) -> set[str]:
        """The logical ids of the resources that the deploy has removed or replaced."""
        return {place[1] for place, was in self.before.resources.items() if self.after.resources.get(place) != was}


def api(deployment: Deployment) -> Client:
    """A caller of the deployed API with the first key."""
    outputs = deployment.outputs("assistant")
    value = boto3.client("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    return Client(outputs["ApiUrl"], value, "", {}, json.loads(outputs["ApiKeys"]), deployment)


def loaded(earlier: Earlier, work: Path) -> dict[str, Any]:
    """Load, ask, and add a person, all with the earlier code's command line; its answers by question."""
    notes, password = work / "notes.ndjson", work / "password"
    notes.write_text("".join(json.dumps(note) + "\n" for note in NOTES))
    password.write_text(PASSWORD)
    earlier.osml("ingest", str(SAMPLES), str(notes))
    earlier.osml("user", "add", "--password-file", str(password), "--role", "editor", "--groups", "crew", PERSON)
    return {
        QUESTION: json.loads(earlier.osml("ask", "--json", QUESTION)),
        FOLLOW_UP: json.loads(earlier.osml("ask", "--json", "--conversation", "new", QUESTION)),
    }


def loaded_over_api(client: Client) -> dict[str, Any]:
    """Store, ask and judge over the API of the earlier code; its answers by question."""
    client.store([*map(json.loads, SAMPLES.read_text().splitlines()), PAY])
    answer = client.ask(QUESTION)
    judged = client("PUT", f"/feedback/{answer['conversation_id']}", json={"rating": "down", "comment": "Too short."})
    assert judged.status_code == 200, judged.text
    return {QUESTION: answer, FOLLOW_UP: answer}


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.name)
def upgrade(
    request: pytest.FixtureRequest,
    local_cloud: Instance,
    engine: Engine,
    key: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Upgrade]:
    """An environment that earlier code has deployed and loaded, with the present code deployed over it."""
    release: Release = request.param
    directory, work = tmp_path_factory.mktemp("environments"), tmp_path_factory.mktemp("work")
    earlier = Earlier.at(release.commit, work / "earlier", release.name, directory)
    (directory / f"{release.name}.yaml").write_text(settings(release))
    contents, osml = engine.contents(), CommandLine(local_cloud)
    with Deployment(release.name, directory, local_cloud, work) as deployment:
        osml.environment["OSML_ENVIRONMENTS"] = str(directory)
        earlier.deploy()
        answers = loaded(earlier, work) if release.is_domain else loaded_over_api(api(deployment))
        osml("status", "--env", release.name, "--sandbox")
        if release.is_domain:
            change_by_hand(engine, release)
        before, present, diff = state(release, engine), deploy.Deployment(deployment.place, []), StringIO()
        losses = [*map(str, present.losses())]
        with redirect_stdout(diff):
            present.differences()
        present.deploy()
        after = state(release, engine)
        yield Upgrade(release, earlier, deployment, osml, engine, answers, before, losses, diff.getvalue(), after)
    assert engine.contents() == contents


def searching(engine: Engine, release: Release) -> str:
    """The name of the pipeline that only searches."""
    (name,) = (name for name in engine("GET", "/_search/pipeline") if name.startswith(f"{release.name}-search"))
    return str(name)


def change_by_hand(engine: Engine, release: Release) -> None:
    at = f"/_search/pipeline/{searching(engine, release)}"
    (made,) = engine("GET", at).values()
    engine("PUT", at, {**made, "request_processors": [*made.get("request_processors", []), BY_HAND]})


def test_no_data_is_lost_according_to_what_is_printed_before_the_deploy(upgrade: Upgrade) -> None:
    assert upgrade.losses == []


def test_only_the_listed_resources_are_removed_and_none_is_replaced(upgrade: Upgrade) -> None:
    gone, reasons = upgrade.gone(), upgrade.release.removed
    assert {name for name in gone if not any(re.fullmatch(pattern, name) for pattern in reasons)} == set()
    assert [pattern for pattern in reasons if not any(re.fullmatch(pattern, name) for name in gone)] == []
    assert gone & {logical for _, logical in upgrade.after.resources} == set()


def test_the_diff_before_the_deploy_names_what_the_deploy_removes(upgrade: Upgrade) -> None:
    assert {match[1]: match[2] for match in HEADING.finditer(upgrade.diff)} == dict.fromkeys(upgrade.gone(), "destroy")


def test_all_that_was_stored_is_there_and_the_same(upgrade: Upgrade) -> None:
    before, after = upgrade.before.stored, upgrade.after.stored
    assert len(before) > len(SAMPLES.read_text().splitlines())
    assert {place: (was, after.get(place)) for place, was in before.items() if after.get(place) != was} == {}


def test_the_index_has_the_new_fields_in_place(upgrade: Upgrade) -> None:
    if not upgrade.release.is_domain:
        pytest.skip("The index of the collection did not change.")
    _, index = upgrade.after.resources["knowledge", "Index4A79713B"]
    fields = upgrade.engine("GET", f"/{index}/_mapping")[index]["mappings"]["properties"]["osml"]["properties"]
    assert {"source", "loaded"} <= {*fields}


def test_questions_have_the_same_answers_and_a_conversation_goes_on(upgrade: Upgrade) -> None:
    earlier, answer = upgrade.answers[QUESTION], upgrade.ask(QUESTION)
    assert KNOWN in answer["answer"]
    assert answer["sources"][0]["id"] == earlier["sources"][0]["id"] == "miami"
    assert answer["answer"] == earlier.get("answer", earlier.get("text"))
    begun = upgrade.answers[FOLLOW_UP]["conversation_id"]
    if upgrade.release.is_domain:
        further = upgrade.ask(FOLLOW_UP, "--conversation", begun)
    else:
        further = api(upgrade.deployment).ask(FOLLOW_UP, conversation_id=begun)
    assert FOLLOWING in further["answer"]


def test_people_fields_and_what_was_changed_by_hand_stay(upgrade: Upgrade) -> None:
    if not upgrade.release.is_domain:
        pytest.skip("The collection has keys instead of people, and no pipelines.")
    people = upgrade.osml("user", "list", "--env", upgrade.release.name, "--sandbox").stdout.splitlines()
    assert [PERSON, "CONFIRMED", "editor", "crew"] in [line.split() for line in people]
    assert upgrade.ask("When does the ferry leave?", "--filter", "harbour=Bodin")["sources"][0]["id"] == "bodin"
    name = searching(upgrade.engine, upgrade.release)
    (by_hand,) = drift.drifted(upgrade.deployment.place)
    assert f"({name}) is changed" in by_hand
    assert BY_HAND in upgrade.engine("GET", f"/_search/pipeline/{name}")[name]["request_processors"]


def test_groups_feedback_and_conversations_stay(upgrade: Upgrade) -> None:
    if upgrade.release.is_domain:
        pytest.skip("The code that deployed the domain had no feedback.")
    client, asked_for = api(upgrade.deployment), {"question": "What does the director earn?"}
    for name, sees in (("inside", True), ("outside", False)):
        answer = client.with_key(name)("POST", "/ask", json=asked_for).json()
        assert ("930,000" in answer["answer"], name) == (sees, name)
    [judged] = [entry for entry in client("GET", "/feedback").json()["feedback"] if entry["rating"] == "down"]
    assert (judged["comment"], judged["id"]) == ("Too short.", upgrade.answers[QUESTION]["conversation_id"])
    begun = client("GET", f"/conversations/{upgrade.answers[QUESTION]['conversation_id']}").json()
    assert begun["shown"][0]["question"] == QUESTION


def test_the_earlier_code_is_deployed_again_without_a_loss(upgrade: Upgrade) -> None:
    """The last test, because the environment is an earlier one afterwards."""
    if not upgrade.release.is_domain:
        pytest.skip("On a collection an upgrade changes only functions and routes.")
    upgrade.earlier.deploy()
    stored = state(upgrade.release, upgrade.engine).stored
    assert {place for place in upgrade.before.stored if place not in stored} == set()
    asked_again = json.loads(upgrade.earlier.osml("ask", "--json", QUESTION))
    assert KNOWN in asked_again.get("answer", asked_again.get("text"))
