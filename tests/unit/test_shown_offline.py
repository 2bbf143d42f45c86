"""The commands of the documents that need no cloud."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from osml.main import app
from osml.place import CHECKOUT
from tests.shown.commands import commands
from tests.shown.ways import way_of
from tests.unit.credentials import unsigned

ENTER = "\n" * 20


def words(*path: str) -> list[str]:
    """The words after `osml`; `uvx` gets osml from PyPI."""
    return list(path[path.index("osml") + 1 :])


def test_they_end_well_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dev", "prod"):
        (tmp_path / f"{name}.yaml").write_text((CHECKOUT / "environments" / f"{name}.yaml").read_text())
    unsigned(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setattr("osml.commands.init.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    mine = [command for command in commands() if (way := way_of(command)) and way.name == "without a cloud"]
    # A page may begin with the file of another one.
    mine.sort(key=lambda command: "init" not in command.words)
    assert {command.words[-2] for command in mine} >= {"init", "--env"}
    for command in mine:
        ran = CliRunner().invoke(app, words(*command.words), input=ENTER)
        assert ran.exit_code == 0, f"{command}\n{ran.output}{ran.exception}"
    assert (tmp_path / "team.yaml").exists()
    assert (tmp_path / "search-app" / "app.py").exists()
