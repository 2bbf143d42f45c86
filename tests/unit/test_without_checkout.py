"""An osml that was installed from a package: which commands need the repository, and what they say without it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from osml import commands, place
from osml import main as command_line
from osml.exit_code import FAILED, MISUSED
from tests.unit.credentials import unsigned

README = Path(__file__).parents[2] / "osml" / "README.md"
# `osml import` shows what is in the domain before it needs the app's templates.
LATER = "import"


def listed() -> list[str]:
    sentence = README.read_text().partition(" run only in a checkout")[0].rpartition("\n\n")[2]
    return re.findall(r"`([a-z-]+)`", sentence)


def requiring() -> Iterator[str]:
    """The commands that start with `require_checkout`."""
    for file in Path(commands.__path__[0]).glob("*.py"):
        if "require_checkout()" in file.read_text():
            yield file.stem.replace("_", "-")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(place, "is_checkout", lambda: False)
    monkeypatch.chdir(tmp_path)
    unsigned(monkeypatch, tmp_path)
    for name in ("OSML_ENV", "OSML_ENVIRONMENTS"):
        monkeypatch.delenv(name, raising=False)


def test_the_packages_page_lists_the_commands_that_need_a_checkout() -> None:
    assert sorted(listed()) == sorted([*requiring(), LATER])


@pytest.mark.parametrize("command", sorted(requiring()))
def test_such_a_command_says_it_first(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["osml", command])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == (MISUSED if command in ("diff", "preflight") else FAILED)
    said = capsys.readouterr().err
    assert said.startswith("✗ This command needs the CDK app of the osml repository")


def test_the_next_commands_of_a_new_environment_are_for_a_checkout(tmp_path: Path) -> None:
    choices = ["--search", "serverless", "--embedding", "titan", "--answer", "nova", "--sign-in", "people"]
    result = CliRunner().invoke(command_line.app, ["init", "team", *choices])
    assert result.exit_code == 0
    said = f"in a checkout of the osml repository with OSML_ENVIRONMENTS={tmp_path / 'environments'}:"
    assert said in result.output
