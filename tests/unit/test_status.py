"""What the status reports about objects and stacks, from prepared answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlcommons import Client, MockTransport, Owner, Request, Response
from mlcommons.watched import Watched
from osml.remote.engine import LONGEST_SECONDS, Impatience
from osml.remote.stack_state import StackState
from osml.status import status_view
from osml.status.inventory import entry, unexpected
from osml.status.status import Status
from tests.unit.kernel_clock import Clock

STACK = "osml-dev-knowledge"
OWNER = Owner(STACK, "Model")
MODEL_ID = "aaaaaaaaaaaaaaaaaaaa"
SPEC = {"name": "m", "model_group_id": "g", "connector_id": "c", "probe": {"parameters": {"inputs": "hi"}}}
BODY = {
    "name": "m",
    "model_group_id": "g",
    "connector_id": "c",
    "description": f"(osml:{OWNER})",
    "model_state": "DEPLOYED",
}
MODEL = Watched("Model", MODEL_ID, OWNER, SPEC)
ANSWERED = {"inference_results": [{"output": [{"data": [0.1]}]}]}
REFUSED = {"error": {"reason": "no permissions for [] and User [name=x]", "type": "security_exception"}, "status": 403}
ABSENT = {"error": {"reason": "Failed to find model", "type": "status_exception"}, "status": 404}


def client(answers: dict[str, Response]) -> Client:
    """Answers by the end of the path; every other answer is an empty object."""

    def handler(request: Request) -> Response:
        return next((answer for end, answer in answers.items() if request.path.endswith(end)), Response(200, {}))

    return Client(MockTransport(handler), Impatience(seconds=10))


@pytest.mark.parametrize(
    ("shown", "predicted", "state", "detail"),
    [
        (Response(200, BODY), Response(200, ANSWERED), "ok", "answers"),
        (Response(404, ABSENT), Response(404, ABSENT), "missing", ""),
        (Response(200, BODY | {"name": "other"}), Response(200, ANSWERED), "changed", "name by hand"),
        (Response(200, BODY | {"model_state": "UNDEPLOYED"}), Response(200, ANSWERED), "ok", "answers"),
        (Response(200, BODY), Response(429, {"error": {"reason": "slow down"}}), "not answering", "429 slow down"),
    ],
)
def test_a_model_is_in_one_of_these_states(shown: Response, predicted: Response, state: str, detail: str) -> None:
    status_entry = entry(client({"/_predict": predicted, MODEL_ID: shown}), MODEL)
    assert (status_entry.state, status_entry.detail) == (state, detail)
    assert status_entry.is_healthy == (state == "ok")


def test_a_model_of_somebody_else_is_taken_over() -> None:
    theirs = BODY | {"description": "(osml:osml-prod-knowledge/Model)"}
    row = entry(client({MODEL_ID: Response(200, theirs)}), MODEL)
    assert (row.state, row.detail) == ("taken over", "belongs to osml-prod-knowledge/Model")


@pytest.mark.parametrize("watched", [Watched("Model", MODEL_ID, OWNER), Watched("Model", MODEL_ID, OWNER, SPEC, False)])
def test_a_model_without_a_probe_or_that_may_sleep_is_not_asked(watched: Watched) -> None:
    row = entry(client({"/_predict": Response(500), MODEL_ID: Response(200, BODY)}), watched)
    assert (row.state, row.detail) == ("ok", "DEPLOYED, not probed")


def test_a_mapping_that_one_may_not_read_is_not_missing() -> None:
    watched = Watched("RoleMapping", f"all_access:{OWNER}", OWNER)
    row = entry(client({"/all_access": Response(403, REFUSED)}), watched)
    assert (row.state, row.detail) == ("not visible to you", "only administrators of the engine may read it")
    assert row.is_healthy


def test_what_no_stack_refers_to_is_retired_left_over_or_somebody_elses() -> None:
    note = {"_id": "g" * 20, "_source": {"name": "Retired connector " + "r" * 20, "description": f"x (osml:{OWNER})"}}
    connectors = [("r" * 20, OWNER), ("l" * 20, OWNER), ("o" * 20, Owner("osml-prod-knowledge", "C"))]
    listed = [
        {"_id": item, "_source": {"name": "c", "description": f"(osml:{owner}/0123456789ab)"}}
        for item, owner in connectors
    ]
    known = client(
        {
            "/connectors/_search": Response(200, {"hits": {"hits": listed}}),
            "/model_groups/_search": Response(200, {"hits": {"hits": [note]}}),
        }
    )
    states = {finding.id[0]: finding.state for finding in unexpected(known, [MODEL], [STACK])}
    assert states == {"r": "retired", "l": "left over", "o": "ok", "g": "retired"}


@pytest.mark.parametrize(
    ("answer", "states"),
    [
        (
            Response(200, {"hits": {"hits": [{"_id": "a" * 20, "_source": {"description": f"(osml:{OWNER})"}}]}}),
            ["left over"],
        ),
        (Response(404, {"error": {"reason": "no such index [.plugins-ml-agent]", "type": "x"}, "status": 404}), []),
        # An earlier version has deployed it for operators.
        (Response(403, REFUSED), []),
    ],
)
def test_agents_are_looked_for_where_there_are_some_and_the_operator_may(answer: Response, states: list[str]) -> None:
    findings = unexpected(client({"/agents/_search": answer}), [MODEL], [STACK])
    assert [finding.state for finding in findings if finding.kind == "Agent"] == states


@pytest.mark.parametrize(
    ("state", "healthy"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("ROLLBACK_COMPLETE", False),
        ("ROLLBACK_FAILED", False),
        ("UPDATE_IN_PROGRESS", False),
    ],
)
def test_a_stack_is_well_when_its_last_deploy_came_to_its_end(state: str, *, healthy: bool) -> None:
    assert StackState(STACK, state).is_healthy == healthy
    assert Status("dev", [StackState(STACK, state)], [], []).is_healthy == healthy


def test_nothing_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Status("dev", [], [], [])
    assert not nothing.is_healthy
    status_view.show(nothing)
    assert "is not deployed" in capsys.readouterr().out


def test_trouble_is_shown_and_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    gone = entry(client({MODEL_ID: Response(404, ABSENT)}), MODEL)
    status = Status("dev", [StackState(STACK, "CREATE_COMPLETE")], [gone], [], "GET / got no answer")
    assert not status.is_healthy
    status_view.show(status)
    assert "✗ GET / got no answer" in capsys.readouterr().out
    status_view.print_json(status)
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert body["resources"][0] == {
        "kind": "Model",
        "id": MODEL_ID,
        "owner": {"stack": STACK, "logical_id": "Model"},
        "state": "missing",
        "healthy": False,
        "detail": "",
        "fields": [],
    }


def test_a_command_sends_its_next_request_also_after_a_person_has_read_for_an_hour() -> None:
    clock = Clock()
    client = Client(MockTransport(lambda _: Response(200, {})), Impatience(seconds=LONGEST_SECONDS, clock=clock))
    clock.now = 3600.0
    assert client.get("/") == {}
