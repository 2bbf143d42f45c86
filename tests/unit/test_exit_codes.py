"""Each exit code of each command: in the table of docs/troubleshooting.md, in the code, and when the commands run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from mlcommons import Owner
from osml import commands, exit_code
from osml.commands import evaluate, secret
from osml.deploy import destination, drift, neighbours
from osml.deploy.deployment import Deployment
from osml.doctor import doctor, finding
from osml.documents import library
from osml.failure import Failure
from osml.ingest import ingest
from osml.main import app
from osml.main import main as command_line
from osml.preflight import preflight
from osml.prove import prove
from osml.rehearsal import upgrade, upgrade_view
from osml.remote import identity
from osml.remote.stack_state import StackState
from osml.status import status
from osml.status.inventory import Entry
from osml.sync import sync

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
Use = tuple[str, int]
EDITED = Entry("SearchPipeline", "passages-answer", Owner("osml-dev-knowledge", "Answer"), "changed", "by hand")
SEEN = status.Status("dev", [StackState("osml-dev-knowledge", "UPDATE_COMPLETE")], [EDITED], [])


def documented() -> set[Use]:
    section = PAGE.read_text().partition("## Exit codes")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", section, re.MULTILINE)
    return {(command.strip("`"), int(code)) for code, command in rows if command != "all"}


def raised() -> set[Use]:
    """The exit codes in the commands' modules, with the command line of each."""
    uses: set[Use] = set()
    for file in Path(commands.__path__[0]).glob("*.py"):
        for function in (node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if ast.unparse(call.func) in ("typer.Exit", "ending") and call.args:
                    name = ast.unparse(call.args[0])
                    assert hasattr(exit_code, name), f"{file.name}: {name} is no name of osml.exit_code"
                    uses.add((_called(file.stem, function), getattr(exit_code, name)))
    return uses


def _called(module: str, function: ast.FunctionDef) -> str:
    group = [
        ast.literal_eval(mark.args[0]) for mark in function.decorator_list if isinstance(mark, ast.Call) and mark.args
    ]
    return " ".join([module, *group])


def test_the_page_lists_what_the_commands_raise() -> None:
    assert raised() == documented()


def failing(*_: object, **__: object) -> Any:
    raise Failure("Reading the stacks of dev failed.")


# How a test causes each row: what it replaces, and the words of the command line.
ROWS: dict[Use, tuple[list[tuple[object, str, Any]], list[str]]] = {
    ("status", 1): ([(status, "look", lambda _: SEEN)], ["status", "--env", "dev"]),
    ("doctor", 1): ([(doctor, "show", lambda *_, **__: False)], ["doctor", "--env", "dev"]),
    ("deploy", 3): (
        [
            (destination, "destination", lambda _: "account 111122223333"),
            (secret, "require", lambda *_: None),
            (neighbours, "require_apart", lambda _: []),
            (preflight, "require", lambda *_: None),
            (Deployment, "losses", lambda _: []),
            (Deployment, "cost", lambda _: "It costs 1.00 USD a month while idle, before and after a deploy."),
            (Deployment, "differences", lambda _, broader=False: 0),
            (Deployment, "deploy", lambda _: None),
            (drift, "look", lambda _: SEEN),
        ],
        ["deploy", "--env", "dev"],
    ),
    ("diff", 1): (
        [
            (Deployment, "losses", lambda _: []),
            (Deployment, "cost", lambda _: "It costs 1.00 USD a month while idle, before and after a deploy."),
            (Deployment, "differences", lambda _: 0),
            (drift, "look", lambda _: SEEN),
        ],
        ["diff", "--env", "dev"],
    ),
    ("diff", 2): ([(Deployment, "losses", failing)], ["diff", "--env", "dev"]),
    ("preflight", 1): (
        [
            (destination, "destination", lambda _: "account 111122223333"),
            (finding, "show", lambda *_, **__: False),
        ],
        ["preflight", "--env", "dev"],
    ),
    ("preflight", 2): ([(destination, "destination", failing)], ["preflight", "--env", "dev"]),
    ("prove", 1): (
        [
            (identity, "identity", lambda *_: SimpleNamespace(account="111122223333")),
            (prove, "trials", lambda *_: [SimpleNamespace(name="osml-proof")]),
            (prove, "estimate", lambda _: 0.0),
            (prove, "run", lambda *_: SimpleNamespace(good=False, steps=[], markdown=str)),
            (prove, "remains", lambda _: None),
        ],
        ["prove", "--yes", "--report", "/dev/null"],
    ),
    ("review", 1): ([(Deployment, "losses", lambda _: ["The index passages goes"])], ["review", "--env", "dev"]),
    ("ingest", 1): ([(ingest, "ingest_files", lambda *_: False)], ["ingest", "a.md", "--env", "dev"]),
    ("evaluate", 1): (
        [(evaluate, "measure_answers", lambda *_, **__: False)],
        ["evaluate", str(PAGE), "--answers", "--env", "dev"],
    ),
    ("sync", 1): (
        [(sync, "bring_in_step", lambda *_, **__: [SimpleNamespace(status="failed", refused=0)])],
        ["sync", "--env", "dev"],
    ),
    ("documents remove", 1): (
        [(library, "library", lambda _: SimpleNamespace(removed=failing))],
        ["documents", "remove", "a", "--env", "dev"],
    ),
    ("sandbox upgrade", 1): (
        [
            (upgrade, "rehearse", lambda *_: SimpleNamespace(is_worse=True)),
            (upgrade_view, "show", lambda _: None),
        ],
        ["sandbox", "upgrade", "--to", "3.6", "--env", "dev"],
    ),
}


def test_each_row_is_tried() -> None:
    assert set(ROWS) == documented()


@pytest.mark.parametrize("use", ROWS, ids=lambda use: f"{use[0]}-{use[1]}")
def test_each_command_ends_as_its_row_says(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("osml.commands.sandbox.place", lambda *_, **__: None)
    for where, name, stand_in in ROWS[use][0]:
        monkeypatch.setattr(where, name, stand_in)
    assert CliRunner().invoke(app, ROWS[use][1]).exit_code == use[1]


@pytest.mark.parametrize("command", ["diff", "preflight"])
@pytest.mark.parametrize(
    ("region", "environment"), [("us-east-1", []), ("us-east-1", ["--env", "nowhere"]), (None, ["--env", "dev"])]
)
def test_what_cannot_be_compared_is_no_difference(
    command: str, region: str | None, environment: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OSML_ENV", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.setenv(variable, "-")
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    if region:
        monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setattr("sys.argv", ["osml", command, *environment])
    with pytest.raises(SystemExit) as ended:
        command_line()
    assert ended.value.code == exit_code.MISUSED


def stopped(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


def ending_input(_: str) -> str:
    raise EOFError


@pytest.mark.parametrize("hidden", [True, False], ids=["a hidden prompt", "a prompt"])
def test_ctrl_c_at_a_prompt_is_not_a_no(hidden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer._click.termui.hidden_prompt_func", stopped)
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", stopped)
    monkeypatch.setattr(status, "look", lambda _: typer.prompt("Key", hide_input=hidden))
    monkeypatch.setattr("sys.argv", ["osml", "status", "--env", "dev"])
    with pytest.raises(SystemExit) as ended:
        command_line()
    assert ended.value.code == exit_code.STOPPED


@pytest.mark.parametrize("typed", [lambda _: "n", ending_input], ids=["no", "Ctrl-D"])
def test_a_no_is_a_failure(typed: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", typed)
    monkeypatch.setattr(status, "look", lambda _: typer.confirm("Remove it?", abort=True))
    monkeypatch.setattr("sys.argv", ["osml", "status", "--env", "dev"])
    with pytest.raises(SystemExit) as ended:
        command_line()
    assert ended.value.code == exit_code.FAILED


def test_no_command_gives_ctrl_c_another_exit_code() -> None:
    catching = [
        file.name for file in Path(commands.__path__[0]).glob("*.py") if "KeyboardInterrupt" in file.read_text()
    ]
    assert catching == []


@pytest.mark.parametrize(
    ("look", "arguments", "code"),
    [
        (lambda _: status.Status("dev", SEEN.stacks, [], []), ["status", "--env", "dev"], exit_code.DONE),
        (failing, ["status", "--env", "dev"], exit_code.FAILED),
        (stopped, ["status", "--env", "dev"], exit_code.STOPPED),
        (failing, ["status", "--no-such-option"], exit_code.MISUSED),
    ],
    ids=["done", "failed", "stopped", "misused"],
)
def test_what_holds_for_all_commands(
    look: Callable[..., Any], arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "look", look)
    monkeypatch.setattr("sys.argv", ["osml", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line()
    assert (ended.value.code or 0) == code
