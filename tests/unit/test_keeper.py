"""One round of the keeper with a simulated engine; tests/contract and tests/e2e use the real one."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

import keeper
from aws.telemetry import json_lines
from ending import endings
from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, kind_named
from mlcommons.errors import InvalidSpec
from mlcommons.owner import marked
from mlcommons.watched import Watched
from report import KeeperFinding, report
from rounds import ENGINE, Round
from secret_change import names
from stack import StackChanges
from tests.unit.unlogged import unlogged

STACK = "osml-dev-knowledge"
CONNECTOR, MODEL, STAND_IN, GROUP, TRIAL = (letter * 20 for letter in "abcde")
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:osml/dev/deepseek"
PROBE = {"parameters": {"input": "hi"}}
SPECS: dict[str, dict[str, Any]] = {
    "Connector": {"connector": {"name": "chat", "credential": {"secretArn": SECRET}, "actions": []}},
    "Model": {"name": "chat", "model_group_id": GROUP, "connector_id": CONNECTOR, "probe": PROBE},
}
READ_AT, STAND_IN_READ_AT = 1_000.0, 3_000.0
KEY_REFUSED = Response(401, {"error": {"reason": "Error from remote service: invalid api key"}, "status": 401})


@dataclass
class Domain:
    """A connector and its model; `predict` answers the probes, `state` is the model's."""

    predict: Callable[[], Response] = lambda: Response(200, {"inference_results": [{"output": [{"data": [0.5]}]}]})
    state: str = "DEPLOYED"
    connector_of_model: str = CONNECTOR
    group: str = GROUP
    stand_ins: set[str] = field(default_factory=set)
    trial: dict[str, Any] = field(default_factory=dict)
    answers_nothing: bool = False
    refuses_updates: bool = False

    def __call__(self, request: Request) -> Response:
        if self.answers_nothing:
            return Response(503, "down")
        method, path = request.method, request.path
        if path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if path.endswith("_search"):
            return Response(200, {"hits": {"hits": self._hits(path, json.dumps(request.body))}})
        if path.endswith("/connectors/_create"):
            self.stand_ins.add(STAND_IN)
            return Response(200, {"connector_id": STAND_IN})
        if path.endswith("/models/_register"):
            self.trial = {**request.body, "model_state": "DEPLOYED"}
            return Response(200, {"model_id": TRIAL})
        if path.endswith("/_predict"):
            return self.predict()
        if TRIAL in path:
            return self._tried(method, path)
        if path.endswith("/_undeploy"):
            self.state = "UNDEPLOYED"
        elif path.endswith("/_deploy"):
            self.state = "DEPLOYED"
        elif method == "PUT" and "/models/" in path:
            self.connector_of_model = request.body["connector_id"]
        elif method == "PUT" and "/connectors/" in path and self.refuses_updates:
            return Response(400, {"error": {"reason": "1 models are still using this connector"}, "status": 400})
        elif method == "DELETE":
            self.stand_ins.discard(path.rpartition("/")[2])
        return Response(200, self._shown(path))

    def _tried(self, method: str, path: str) -> Response:
        if path.endswith("/_undeploy"):
            self.trial["model_state"] = "UNDEPLOYED"
        shown = dict(self.trial)
        if method == "DELETE":
            self.trial = {}
        return Response(200, shown)

    def _shown(self, path: str) -> dict[str, Any]:
        if "/models/" in path:
            body = {**SPECS["Model"], "model_group_id": self.group, "connector_id": self.connector_of_model}
            return {**body, "description": marked("", owner("Model")), "model_state": self.state}
        spec = kind_named("Connector").parse(SPECS["Connector"])
        shown = {"name": "chat", "actions": [], "last_updated_time": READ_AT * 1000}
        return {**shown, "description": marked("", owner("Connector"), spec.digest)}

    def _hits(self, path: str, query: str) -> list[dict[str, Any]]:
        if "/connectors/" in path:
            name, mark = f"Stand-in for {CONNECTOR}", marked("", owner("Connector"))
            source = {"name": name, "description": mark, "created_time": STAND_IN_READ_AT * 1000}
            return [{"_id": item, "_source": source} for item in self.stand_ins]
        if "/models/" in path and self.connector_of_model in query:
            return [{"_id": MODEL, "_source": {"connector_id": self.connector_of_model}}]
        if "/models/" in path and f"osml:{owner('Connector')}" in query and self.trial:
            return [{"_id": TRIAL, "_source": self.trial}]
        return []


def owner(logical_id: str) -> Owner:
    return Owner(STACK, logical_id)


def watched(kind: str, probed: bool = True) -> Watched:
    ids = {"Connector": CONNECTOR, "Model": MODEL}
    return Watched(kind, ids[kind], owner(kind), SPECS[kind], probed, {"endpoint": "https://x"})


@dataclass
class Rounds:
    """Runs rounds with a domain; `findings` are pairs of the finding and its object."""

    domain: Domain
    transport: MockTransport
    now: float = 0.0

    def __call__(self, changed: float = 0.0, rotated: list[str] | None = None, probed: bool = True) -> list[str]:
        patience = self._patience(60)

        def client_for(target: dict[str, Any], parts: int = 1) -> Client:
            assert target == {"endpoint": "https://x"}
            return Client(self.transport, self._patience(patience.left() / parts))

        objects = [watched("Connector"), watched("Model", probed)]
        return [
            f"{finding.what} {finding.about}"
            for finding in Round(objects, client_for, lambda _: changed, rotated or []).findings()
        ]

    def _patience(self, seconds: float) -> Patience:
        return Patience(seconds, 0.0, clock=lambda: self.now, sleep=self._sleep, jitter=lambda: 0.5)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def writes(self) -> list[str]:
        return [f"{request.method} {request.path.removeprefix('/_plugins/_ml')}" for request in self.transport.writes]


@pytest.fixture
def rounds() -> Rounds:
    domain = Domain()
    return Rounds(domain, MockTransport(domain))


def test_nothing_is_written_where_all_is_well(rounds: Rounds) -> None:
    assert (rounds(), rounds.writes) == ([], [])


def test_a_connector_is_renewed_when_its_secret_is_younger(rounds: Rounds) -> None:
    assert rounds(changed=READ_AT) == []
    assert rounds(changed=READ_AT + 1) == ["Renewed Connector Connector"]
    assert rounds.domain.connector_of_model == CONNECTOR
    assert rounds.writes[:2] == ["POST /connectors/_create", "POST /model_groups/_register"]


def test_a_connector_is_renewed_on_the_event_of_its_own_secret(rounds: Rounds) -> None:
    assert rounds(rotated=[f"{SECRET}-else-AbCdEf"]) == []
    assert rounds(rotated=[f"{SECRET}-AbCdEf"]) == ["Renewed Connector Connector"]


def test_a_renewal_that_was_stopped_is_ended(rounds: Rounds) -> None:
    rounds.domain.stand_ins, rounds.domain.connector_of_model = {STAND_IN}, STAND_IN
    assert rounds() == ["Renewed Connector Connector"]
    assert rounds.domain.connector_of_model == CONNECTOR


def test_a_renewal_that_the_engine_wrongly_refuses_is_no_drift_and_is_tried_again_without_another_stand_in(
    rounds: Rounds,
) -> None:
    rounds.domain.refuses_updates = True
    assert rounds(changed=READ_AT + 1) == ["Renewed Connector Connector"]
    assert rounds.domain.connector_of_model == STAND_IN
    before = len(rounds.writes)
    assert rounds(changed=READ_AT + 1) == []
    assert rounds.writes[before:] == [f"PUT /connectors/{CONNECTOR}"]
    rounds.domain.refuses_updates = False
    assert rounds(changed=READ_AT + 1) == ["Renewed Connector Connector"]
    assert rounds.domain.connector_of_model == CONNECTOR


def test_a_secret_that_changed_after_its_stand_in_gets_another(rounds: Rounds) -> None:
    rounds.domain.refuses_updates = True
    rounds(changed=READ_AT + 1)
    before = len(rounds.writes)
    rounds(changed=STAND_IN_READ_AT + 1)
    assert rounds.writes[before] == "POST /connectors/_create"


def test_an_event_gets_another_stand_in_whatever_the_clocks_say(rounds: Rounds) -> None:
    rounds.domain.refuses_updates = True
    rounds(changed=READ_AT + 1)
    before = len(rounds.writes)
    rounds(changed=READ_AT + 1, rotated=[f"{SECRET}-AbCdEf"])
    assert rounds.writes[before] == "POST /connectors/_create"


@pytest.mark.parametrize("state", ["UNDEPLOYED", "PARTIALLY_DEPLOYED", "DEPLOY_FAILED"])
def test_a_model_that_is_not_deployed_is_deployed(rounds: Rounds, state: str) -> None:
    rounds.domain.state = state
    assert rounds() == ["Healed Model Model"]
    assert rounds.writes == [f"POST /models/{MODEL}/_deploy"]


def test_a_deployed_model_that_does_not_answer_is_deployed_again(rounds: Rounds) -> None:
    working, broken = rounds.domain.predict, Response(500, {"error": {"reason": "no worker"}, "status": 500})
    rounds.domain.predict = lambda: working() if rounds.writes else broken
    assert rounds() == ["Healed Model Model"]
    assert rounds.writes == [f"POST /models/{MODEL}/_undeploy", f"POST /models/{MODEL}/_deploy"]


def test_an_endpoint_that_stays_down_is_waited_for_before_and_after_its_model_was_deployed_again(
    rounds: Rounds,
) -> None:
    down = Response(503, {"error": {"reason": "Error from remote service: busy"}, "status": 503})
    writes: list[int] = []

    def predict() -> Response:
        writes.append(len(rounds.writes))
        return down

    rounds.domain.predict = predict
    assert rounds() == ["Unhealed Model Model"]
    assert rounds.writes == [f"POST /models/{MODEL}/_undeploy", f"POST /models/{MODEL}/_deploy"]
    assert min(writes.count(0), writes.count(2)) > 2


def test_a_key_that_is_refused_is_read_again_and_the_model_stays_deployed(rounds: Rounds) -> None:
    working = rounds.domain.predict
    rounds.domain.predict = lambda: working() if rounds.writes else KEY_REFUSED
    assert rounds() == ["Renewed Connector Connector", "Healed Model Model"]
    assert [write for write in rounds.writes if "deploy" in write] == [f"POST /models/{TRIAL}/_undeploy"]
    assert rounds.domain.trial == {}


def test_a_key_that_was_read_again_stays_where_the_engine_wrongly_refuses_its_connector(rounds: Rounds) -> None:
    working = rounds.domain.predict
    rounds.domain.predict = lambda: working() if rounds.writes else KEY_REFUSED
    rounds.domain.refuses_updates = True
    assert rounds() == ["Renewed Connector Connector", "Healed Model Model"]
    assert rounds.domain.connector_of_model == STAND_IN
    assert (rounds(), rounds.domain.connector_of_model) == ([], STAND_IN)
    rounds.domain.refuses_updates = False
    assert rounds() == ["Renewed Connector Connector"]
    assert rounds.domain.connector_of_model == CONNECTOR


def test_a_key_that_stays_refused_cannot_be_healed(rounds: Rounds) -> None:
    rounds.domain.predict = lambda: KEY_REFUSED
    assert rounds() == ["Unhealed Model Model"]
    assert rounds.domain.connector_of_model == CONNECTOR
    assert not [write for write in rounds.writes if write.startswith("PUT")]
    assert rounds.domain.trial == {}


def test_a_provider_that_throttles_the_probe_answers(rounds: Rounds) -> None:
    rounds.domain.predict = lambda: Response(429, {"error": {"reason": "too many"}, "status": 429})
    assert (rounds(), rounds.writes) == ([], [])


def test_a_model_that_may_rightly_not_answer_is_not_asked(rounds: Rounds) -> None:
    rounds.domain.predict = lambda: pytest.fail("it was asked")
    assert rounds(probed=False) == []
    rounds.domain.state = "UNDEPLOYED"
    assert rounds(probed=False) == ["Healed Model Model"]


def test_drift_is_reported_and_not_undone(rounds: Rounds) -> None:
    rounds.domain.group = "e" * 20
    assert (rounds(), rounds.writes) == (["Drifted Model Model"], [])


def test_a_round_before_an_engine_that_does_not_answer_ends_in_time(rounds: Rounds) -> None:
    rounds.domain.answers_nothing = True
    assert rounds()[0] == "Unhealed Connector Connector"
    assert rounds.now <= 60
    assert rounds.writes == []


def test_no_other_engine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody who may write the parameters of a stack can write its targets."""
    own = {"endpoint": "https://x", "region": "us-east-1", "service": "es"}
    signed: list[dict[str, Any]] = []
    monkeypatch.setenv("ENGINES", json.dumps([own]))
    monkeypatch.setattr(keeper, "sign_in", lambda where, _: signed.append(where))
    clients = keeper.engines(STACK, Patience(seconds=1))
    for change in ({"endpoint": "https://mallory.example.com"}, {"endpoint": "http://x"}, {"role": "arn:r"}):
        with pytest.raises(InvalidSpec, match="is set up for another engine"):
            clients({**own, **change})
    assert signed == []
    clients({**own, "principal": "arn:p"})
    assert len(signed) == 1


def test_each_stack_has_a_round_until_the_engine_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that does not exist yet has no round; one that is changing is skipped."""
    names, reported = (
        ("osml-dev-knowledge", "osml-dev-absent", "osml-dev-changing", "osml-dev-last"),
        list[KeeperFinding](),
    )
    monkeypatch.setenv("STACKS", " ".join(names))
    monkeypatch.setenv("ENVIRONMENT", "dev")

    def is_there(name: str) -> bool:
        if name.endswith("changing"):
            raise StackChanges(f"{name} is UPDATE_IN_PROGRESS")
        return not name.endswith("absent")

    class Quick:
        def __init__(self, objects: list[Watched], *_: object) -> None:
            self.objects = objects

        def findings(self) -> list[KeeperFinding]:
            return [KeeperFinding("Unhealed", str(entry), "it is missing") for entry in self.objects]

    monkeypatch.setattr(keeper, "is_there", is_there)
    monkeypatch.setattr(keeper, "boto3", SimpleNamespace(client=lambda _: None))
    monkeypatch.setattr(keeper, "watched", lambda _, stack: [Watched("Role", "r", Owner(stack, stack[9:]))])
    monkeypatch.setattr(keeper, "Round", Quick)
    monkeypatch.setattr(keeper, "report", lambda findings, *_, **__: reported.extend(findings))
    context = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 60_000)
    with unlogged():
        keeper.handler({}, context)
    assert [(item.what, item.about) for item in reported] == [
        ("Unhealed", "Role knowledge"),
        ("Skipped", "the round of osml-dev-changing"),
        ("Unhealed", "Role last"),
    ]
    reported.clear()
    monkeypatch.setattr(Quick, "findings", lambda _: [KeeperFinding("Unhealed", ENGINE, "no answer")])
    with unlogged():
        keeper.handler({}, context)
    assert [item.about for item in reported] == [ENGINE]


DIMENSIONS = {"environment": "dev", "stack": STACK}


def reported_lines(capsys: pytest.CaptureFixture[str], *findings: KeeperFinding) -> list[dict[str, Any]]:
    """The log lines of a round with these findings."""
    with unlogged():
        log = json_lines("keeper", {**DIMENSIONS, "request": "r"})
        report(findings, DIMENSIONS, log, request="r", seconds=1.5)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_findings_are_lines_and_their_numbers_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    drift = KeeperFinding("Drifted", "Index I", "it is missing")
    lines = reported_lines(capsys, drift, KeeperFinding("Renewed", "Connector C", "read again"))
    (first, second), (last,) = ([line for line in lines if ("_aws" in line) is metric] for metric in (False, True))
    common = {**DIMENSIONS, "request": "r", "level": "INFO"}
    assert first.items() >= {**common, "finding": "Drifted", "about": "Index I", "why": "it is missing"}.items()
    assert second["finding"] == "Renewed"
    (directive,) = last["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("osml", [["environment", "stack"]])
    assert {metric["Name"]: last[metric["Name"]] for metric in directive["Metrics"]} == {
        "Unhealed": [0],
        "Healed": [0],
        "Drifted": [1],
        "Swept": [0],
    }
    assert last.items() >= {**DIMENSIONS, "request": "r", "milliseconds": 1500}.items()


def test_what_ends_is_a_metric_only_while_something_does(capsys: pytest.CaptureFixture[str]) -> None:
    (last,) = (
        item for item in reported_lines(capsys, KeeperFinding("Ending", "answer.model", "it ends")) if "_aws" in item
    )
    assert last["Ending"] == [1]
    assert "Ending" in [metric["Name"] for metric in last["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


@pytest.mark.parametrize(
    ("today", "expected"), [(date(2026, 11, 14), []), (date(2026, 11, 15), ["m"]), (date(2027, 3, 1), ["m"])]
)
def test_an_end_of_life_is_reported_from_its_day_on(today: date, expected: list[str]) -> None:
    endings_json = json.dumps([{"about": "m", "why": "m ends", "told_from": "2026-11-15"}])
    assert list(endings(endings_json, today)) == [KeeperFinding("Ending", about, "m ends") for about in expected]


def test_what_the_kernel_logs_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    with unlogged():
        json_lines("keeper", {"request": "r"})
        logging.getLogger("mlcommons.client").warning({"trying again after": "x", "attempt": 2})
        logging.getLogger("mlcommons.client").warning("%s retries", 3)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["request"], line["level"], line["message"]) for line in lines] == [
        ("r", "WARNING", {"trying again after": "x", "attempt": 2}),
        ("r", "WARNING", "3 retries"),
    ]


@pytest.mark.parametrize(("arn", "same"), [(SECRET, True), (f"{SECRET}-AbCdEf", True), (SECRET[:-1], False)])
def test_a_secret_is_known_with_and_without_its_random_characters(arn: str, same: bool) -> None:
    assert names(f"{SECRET}-AbCdEf", arn) is same
