"""The command line: its commands, and its sentences instead of tracebacks."""

import inspect
import re
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
from osml.value_error import explained_value
from tests.unit.parser_table import OWN, VALUED


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


def refused(words: tuple[str, ...], option: str, value: str) -> str | None:
    """The sentence that refuses a value of an option, or None; the command does not run."""
    try:
        OWN[words].make_context(" ".join(words), [option, value])
    except typer.BadParameter as error:
        return explained_value(error.message) if option in getattr(error.param, "opts", ()) else None
    return None


@pytest.mark.parametrize(
    ("words", "option"), VALUED, ids=lambda part: part if isinstance(part, str) else " ".join(part)
)
@pytest.mark.parametrize("value", ["no-number", "-1", "1000000000"])
def test_a_refused_value_is_explained_without_words_of_pydantic(
    words: tuple[str, ...], option: str, value: str
) -> None:
    assert "Input should" not in (refused(words, option, value) or "")


@pytest.mark.parametrize(
    ("words", "option", "value", "sentence"),
    [
        (("size",), "--documents", "many", "Write a whole number."),
        (("size",), "--documents", "0", "The least is 1."),
        (("ask",), "--size", "51", "The most is 50."),
        (("ingest",), "--price", "a", "Write a number."),
        (("logs",), "--since", "abc", "Write a number with s, m, h or d, such as 15m."),
    ],
)
def test_a_refused_value_has_a_fix(words: tuple[str, ...], option: str, value: str, sentence: str) -> None:
    assert refused(words, option, value) == sentence


@pytest.mark.parametrize("words", [(), ("documents",), *sorted(OWN)], ids=" ".join)
def test_the_help_shows_no_type_of_a_flag_and_whole_paragraphs(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, *words, "-h")
    assert (code, "<bool>" in text, "Show this message and exit." in text) == (0, False, True)
    help = inspect.cleandoc((OWN[words].help if words in OWN else None) or "")
    assert not re.search(r"[^\n]\n[^\n]", help)


def test_an_option_before_its_command_is_explained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch, "--env", "dev", "cost")
    assert code == 2
    assert "No such option: --env. Write the options of a command after its name: osml COMMAND [OPTIONS]." in text


def test_the_first_environment_is_written_with_init(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    (tmp_path / "folder.yaml").mkdir()
    code, text = run(capsys, monkeypatch, "cost", "--env", "team")
    assert code == 1
    assert text.endswith("team.yaml does not exist: write it with `osml init team`.\n")
