"""A deploy reports what it would delete before it begins."""

import io
from pathlib import Path
from typing import Any

import pytest

from osml import main as command_line
from osml.deploy import loss
from osml.deploy.deployment import Deployment
from osml.deploy.loss import Loss, mark_of
from osml.deploy.reference import references

ENVIRONMENTS = Path(__file__).parents[2] / "environments"
TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": ["id"]}, "DeletionPolicy": "Delete"}
KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {}}
MOVED = {**TABLE, "Properties": {"KeySchema": ["other"]}}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"T": TABLE}, {"T": TABLE}, []),
        ({"T": TABLE}, {"T": {**TABLE, "Properties": {"KeySchema": ["id"], "BillingMode": "PROVISIONED"}}}, []),
        ({}, {"T": TABLE}, []),
        ({"R": ROLE}, {}, []),
        ({"T": TABLE}, {}, ["AWS::DynamoDB::Table T of s is removed"]),
        ({"T": {**TABLE, **KEPT}}, {}, ["AWS::DynamoDB::Table T of s leaves the stack and is kept"]),
        ({"T": TABLE}, {"T": {**ROLE}}, ["AWS::DynamoDB::Table T of s is removed"]),
        (
            {"T": TABLE},
            {"T": MOVED},
            [
                "AWS::DynamoDB::Table T of s is replaced by an empty one, because KeySchema changes; the old one is "
                "removed"
            ],
        ),
        (
            {"T": TABLE},
            {"T": {**MOVED, **KEPT}},
            [
                "AWS::DynamoDB::Table T of s is replaced by an empty one, because KeySchema changes; the old one is "
                "kept outside of the stack"
            ],
        ),
    ],
)
def test_what_goes_with_a_template(before: Any, after: Any, said: list[str]) -> None:
    assert [str(resource) for resource in loss.of_resources("s", before, after)] == said


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ({"R": ROLE}, "The stack s is removed"),
        ({"R": ROLE, "T": TABLE}, "The stack s with AWS::DynamoDB::Table is removed"),
        ({"T": {**TABLE, **KEPT}}, "The stack s with AWS::DynamoDB::Table is removed; its data is kept"),
    ],
)
def test_what_goes_with_a_stack(resources: Any, said: str) -> None:
    assert str(loss.of_stack("s", resources)) == said


def test_another_name_is_another_index() -> None:
    assert list(loss.of_index(None, "new", kept=False)) == []
    assert list(loss.of_index("old", "old", kept=False)) == []
    [gone] = loss.of_index("old", "new", kept=False)
    assert str(gone) == "The index old is removed with all its documents; an empty index new replaces it"
    [left] = loss.of_index("old", "new", kept=True)
    assert "is kept in the engine" in str(left)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "A"}, ["A"]),
        ({"Fn::GetAtt": ["A", "Arn"]}, ["A"]),
        ({"Fn::GetAtt": "A.Arn"}, ["A"]),
        ({"Fn::Join": ["", ["x", {"Ref": "A"}, {"Fn::GetAtt": ["B", "C.D"]}]]}, ["A", "B"]),
        ({"Fn::Sub": "${A}/${B.Arn}/${!C}"}, ["A", "B"]),
        ({"Fn::Sub": ["${x}", {"x": {"Ref": "A"}}]}, ["x", "A"]),
        ("plain ${A}", []),
    ],
)
def test_references_of_a_template(value: Any, expected: list[str]) -> None:
    assert list(references(value)) == expected


@pytest.mark.parametrize(
    ("losses", "options", "answer", "deployed"),
    [
        ([], [], "", 1),
        ([Loss("The stack s", "is removed")], [], "n\n", 0),
        ([Loss("The stack s", "is removed")], [], "y\n", 1),
        ([Loss("The stack s", "is removed")], ["--yes"], "", 1),
        # Nobody can answer, because the input is empty.
        ([Loss("The stack s", "is removed")], [], "", 0),
    ],
)
def test_a_deploy_asks_before_data_goes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    losses: list[Loss],
    options: list[str],
    answer: str,
    deployed: int,
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(Deployment, "deploy", lambda *arguments: made.append(arguments))
    monkeypatch.setattr(Deployment, "losses", lambda _: losses)
    monkeypatch.setattr(Deployment, "cost", lambda _: "It costs 1.00 USD a month.")
    monkeypatch.setattr(Deployment, "differences", lambda *_, **__: 0)
    monkeypatch.setattr("osml.deploy.destination.destination", lambda _: "the account 111122223333")
    monkeypatch.setattr("osml.commands.secret.require", lambda *_: None)
    monkeypatch.setattr("osml.preflight.preflight.require", lambda *_: None)
    monkeypatch.setattr("osml.deploy.neighbours.require_apart", lambda _: [])
    monkeypatch.setattr("osml.commands.deploy.show_page", lambda *_: None)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("sys.argv", ["osml", "deploy", "--env", "dev", *options])
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert len(made) == deployed
    assert (ended.value.code == 0) == bool(deployed)
    said = capsys.readouterr().err
    assert "to the account 111122223333" in said
    assert all(str(loss) in said for loss in losses)


ONE, TWO = Loss("The index old", "is removed"), Loss("The stack s", "is removed")


@pytest.mark.parametrize(
    ("losses", "reviewed", "code"),
    [
        ([], None, 0),
        ([], [ONE], 0),
        ([ONE], None, 1),
        ([ONE], [ONE], 0),
        ([ONE, TWO], [TWO, ONE], 0),
        # The losses differ from the reviewed ones.
        ([ONE, TWO], [ONE], 1),
        ([ONE], [ONE, TWO], 1),
        ([TWO], [ONE], 1),
    ],
)
def test_a_review_ends_with_what_would_go_unless_just_that_was_reviewed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    losses: list[Loss],
    reviewed: list[Loss] | None,
    code: int,
) -> None:
    text = (ENVIRONMENTS / "dev.yaml").read_text()
    (tmp_path / "dev.yaml").write_text(text if reviewed is None else f"{text}reviewed: {mark_of(reviewed)}\n")
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setattr(Deployment, "losses", lambda _: losses)
    monkeypatch.setattr(Deployment, "differences", lambda *_, **__: 0)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("sys.argv", ["osml", "review", "--env", "dev"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    said = capsys.readouterr().out
    assert ended.value.code == code
    assert all(str(loss) in said for loss in losses)
    assert (f"set `reviewed: {mark_of(losses)}` in environments/dev.yaml" in said) == bool(code)


def test_a_deploy_does_not_ask_again_what_was_reviewed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev.yaml").write_text(f"{(ENVIRONMENTS / 'dev.yaml').read_text()}reviewed: {mark_of([ONE])}\n")
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    made: list[Any] = []
    monkeypatch.setattr(Deployment, "deploy", lambda *arguments: made.append(arguments))
    monkeypatch.setattr("osml.deploy.destination.destination", lambda _: "the account 111122223333")
    monkeypatch.setattr("osml.commands.secret.require", lambda *_: None)
    monkeypatch.setattr("osml.preflight.preflight.require", lambda *_: None)
    monkeypatch.setattr("osml.deploy.neighbours.require_apart", lambda _: [])
    monkeypatch.setattr("osml.commands.deploy.show_page", lambda *_: None)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr(Deployment, "differences", lambda *_, **__: 0)
    for losses in ([ONE], [TWO]):
        monkeypatch.setattr(Deployment, "losses", lambda _, losses=losses: losses)
        monkeypatch.setattr(Deployment, "cost", lambda _: "It costs 1.00 USD a month.")
        monkeypatch.setattr("sys.argv", ["osml", "deploy", "--env", "dev", "--no-execute"])
        with pytest.raises(SystemExit):
            command_line.main()
    assert len(made) == 1
