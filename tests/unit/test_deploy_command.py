"""How `osml deploy` ends after manual changes of objects, and what --repair asks the CDK for."""

from __future__ import annotations

import io

import pytest

from mlcommons import Owner
from osml import main as command_line
from osml.commands import secret
from osml.deploy import destination, drift, neighbours
from osml.deploy.deployment import Deployment
from osml.failure import Failure
from osml.place import Place
from osml.preflight import preflight
from osml.remote.stack_state import StackState
from osml.status.inventory import Entry
from osml.status.status import Status

OWNER = Owner("osml-dev-knowledge", "AnswerPipeline")
GOOD = Entry("SearchPipeline", "passages-answer", OWNER, "ok")
EDITED = Entry("SearchPipeline", "passages-answer", OWNER, "changed", "pipeline by hand", ("pipeline",))
SILENT = Entry("Model", "m" * 20, OWNER, "not answering", "429 slow down")
COST = "It costs 1.00 USD a month while idle, before and after a deploy."
TAKEN = Entry("Index", "passages-1", OWNER, "taken over", "belongs to osml-qa-knowledge/Index")


class Deploys:
    """Runs the command; `arguments` are those of each call of `cdk deploy`."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.arguments: list[list[str]] = []
        self.wider = 0
        self._capsys, self._monkeypatch = capsys, monkeypatch
        monkeypatch.setenv("COLUMNS", "300")
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        monkeypatch.setattr(destination, "destination", lambda _: "account 111122223333, region eu-central-1")
        monkeypatch.setattr(secret, "require", lambda *_: None)
        monkeypatch.setattr(neighbours, "require_apart", lambda _: [])
        monkeypatch.setattr(preflight, "require", lambda *_: None)
        monkeypatch.setattr(Deployment, "losses", lambda _: [])
        monkeypatch.setattr(Deployment, "cost", lambda _: COST)
        monkeypatch.setattr(Deployment, "differences", lambda _, broader: self.wider if broader else 0)
        monkeypatch.setattr(Deployment, "deploy", lambda deployment: self.arguments.append(deployment.arguments))

    def __call__(self, *options: str, seen: Status | Failure) -> tuple[int, str]:
        def look(_: Place) -> Status:
            if isinstance(seen, Failure):
                raise seen
            return seen

        self._monkeypatch.setattr(drift, "look", look)
        self._monkeypatch.setattr("sys.argv", ["osml", "deploy", "--env", "dev", *options])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return int(ended.value.code or 0), self._capsys.readouterr().err


@pytest.fixture
def deploys(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Deploys:
    return Deploys(capsys, monkeypatch)


def status(*entries: Entry, **more: object) -> Status:
    return Status("dev", [StackState("osml-dev-knowledge", "UPDATE_COMPLETE")], list(entries), [], **more)  # type: ignore[arg-type]


def test_a_deploy_after_which_all_is_as_deployed_is_a_success(deploys: Deploys) -> None:
    begun = f"Deploying dev to account 111122223333, region eu-central-1 …\n{COST}\n"
    assert deploys(seen=status(GOOD, SILENT)) == (0, begun)
    assert deploys.arguments == [[]]


def test_a_deploy_that_leaves_drift_exits_with_three_and_names_the_repair(deploys: Deploys) -> None:
    code, said = deploys(seen=status(GOOD, EDITED))
    assert code == 3
    assert "SearchPipeline AnswerPipeline (passages-answer) is changed: pipeline by hand" in said
    assert "Restore them with `osml deploy --env dev --repair`" in said


def test_a_locked_out_operator_is_drift(deploys: Deploys) -> None:
    code, said = deploys(seen=status(trouble="somebody replaced the role mapping", locked_out=True))
    assert (code, "role mapping" in said) == (3, True)


@pytest.mark.parametrize("seen", [Failure("nobody knows"), status(trouble="the engine is silent")])
def test_a_failed_comparison_is_reported_and_is_not_a_failure(deploys: Deploys, seen: Status | Failure) -> None:
    code, said = deploys(seen=seen)
    assert (code, "were not compared" in said) == (0, True)


def test_a_repair_asks_for_every_object_with_another_text_each_time(deploys: Deploys) -> None:
    assert deploys("--repair", "--verbose", seen=status(GOOD))[0] == 0
    ((verbose, option, value),) = deploys.arguments
    assert (verbose, option) == ("--verbose", "-c")
    assert value.startswith("osml:repair=20")


def test_a_repair_changes_nothing_of_others(deploys: Deploys) -> None:
    code, said = deploys("--repair", seen=status(TAKEN))
    assert (code, deploys.arguments) == (1, [])
    assert "did not start: Index AnswerPipeline (passages-1) is taken over: belongs to osml-qa-knowledge/Index" in said


def test_a_deploy_that_only_prepares_compares_nothing(deploys: Deploys) -> None:
    assert deploys("--no-execute", seen=status(EDITED))[0] == 0


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_wider_permissions_are_asked_about(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    deploys.wider = 1
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert deploys(seen=status(GOOD))[0] == code
    assert len(deploys.arguments) == 1 - code


def test_yes_deploys_wider_permissions_without_a_question(deploys: Deploys, monkeypatch: pytest.MonkeyPatch) -> None:
    deploys.wider = 1
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert deploys("--yes", seen=status(GOOD))[0] == 0


def test_nothing_is_deployed_when_a_preflight_fails(deploys: Deploys, monkeypatch: pytest.MonkeyPatch) -> None:
    def require(place: Place, deployment: Deployment) -> None:
        raise Failure(f"Nothing was deployed: {place.env} {deployment.arguments}", "name-taken")

    monkeypatch.setattr(preflight, "require", require)
    code, said = deploys(seen=status(GOOD))
    assert (code, deploys.arguments) == (1, [])
    assert "Nothing was deployed: dev" in said
