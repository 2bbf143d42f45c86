"""The command line: its commands, and its sentences instead of tracebacks."""

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import typer.main

from mlcommons import errors
from osml import main as command_line
from osml.explained import explained
from osml.failure import Failure


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["osml", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out + captured.err


@pytest.fixture(autouse=True)
def no_local_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_CACHE", str(tmp_path))
    monkeypatch.delenv("OSML_ENV", raising=False)
    monkeypatch.delenv("OSML_SANDBOX", raising=False)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = run(capsys, monkeypatch, "--help")
    assert code == 0
    for command in ("deploy", "destroy", "ingest", "ask", "secret", "sandbox"):
        assert command in text


@pytest.mark.parametrize("command", [["deploy"], ["destroy"], ["ask", "q"], ["secret", "set"]])
def test_without_a_local_cloud_it_says_how_to_start_one(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, *command, "--sandbox")
    assert code == 1
    assert "osml sandbox up" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("command", [["cost"], ["ingest", "--dry-run", "samples/metro-areas.ndjson"]], ids=" ".join)
def test_what_reads_only_the_file_of_an_environment_needs_no_local_cloud(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, *command, "--sandbox")
    assert (code, "USD" in text) == (0, True), text


def test_a_dry_run_of_a_bucket_needs_the_local_cloud(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, "ingest", "--dry-run", "s3://documents/", "--sandbox")
    assert (code, "osml sandbox up" in text) == (1, True), text


def test_an_environment_must_be_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = run(capsys, monkeypatch, "ask", "q")
    assert code == 1
    assert "--env NAME" in text


def test_an_unknown_environment_names_those_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, "deploy", "--env", "nowhere")
    assert code == 1
    assert "environments/nowhere.yaml does not exist" in text
    assert "dev" in text


def test_status_without_a_local_cloud_is_not_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, "sandbox", "status", "--json")
    assert code == 0
    assert '"running": false' in text


def test_down_without_a_local_cloud_succeeds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = run(capsys, monkeypatch, "sandbox", "down")
    assert code == 0


def test_an_error_of_the_engine_that_no_command_handles_has_a_sentence_and_its_cause() -> None:
    refused = errors.PermissionMissing("GET /", "403 no permissions", "Map the role.")
    failure = explained(refused)
    assert isinstance(failure, Failure)
    assert (str(failure), failure.cause) == ("GET /: 403 no permissions. Map the role.", "request-refused")


def choices(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command with an option that has names to choose from."""
    for name, part in getattr(command, "commands", {}).items():
        yield from choices(part, (*words, name))
    hints = get_type_hints(inspect.unwrap(command.callback)) if command.callback else {}
    for parameter in command.params:
        kinds = {hints.get(parameter.name), *get_args(hints.get(parameter.name))}
        if any(get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)) for kind in kinds):
            yield (*words, parameter.opts[0])


CHOICES = sorted(choices(typer.main.get_command(command_line.app)))


def test_the_options_with_names_to_choose_from_are_found() -> None:
    assert {("user", "add", "--role"), ("user", "change", "--role"), ("size", "--engine")} < set(CHOICES)


@pytest.mark.parametrize("words", CHOICES, ids=" ".join)
def test_a_wrong_name_is_explained_without_a_prefix_of_pydantic(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, *words, "no-such-name")
    assert code == 2
    assert f"Invalid value for '{words[-1]}': 'no-such-name' is not one of" in text
