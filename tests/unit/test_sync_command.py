"""`osml sync`: what it begins, what it shows, and how it ends."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

from osml.commands import sync as command
from osml.failure import Failure
from osml.place import CHECKOUT, Place
from osml.sync import sync
from osml.sync.runs import Runs
from sources.run import Run

SOURCES = """
sources:
  site: {kind: website, start: ["https://docs.example.com/"]}
  lists: {kind: s3, bucket: our-lists}
"""


@dataclass
class Begun:
    """Runs with `steps`, the last of which repeats; `begun` are those that were started."""

    steps: dict[str, list[Run | None]] = field(default_factory=dict)
    begun: list[tuple[str, bool, bool]] = field(default_factory=list)

    def begin(self, source: str, *, dry: bool, removing: bool) -> str:
        self.begun.append((source, dry, removing))
        return "new"

    def last(self, source: str) -> Run | None:
        steps = self.steps.get(source, [None])
        return steps.pop(0) if len(steps) > 1 else steps[0]


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "OFTEN", 0.0)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (tmp_path / "dev.yaml").write_text((CHECKOUT / "environments" / "dev.yaml").read_text() + SOURCES)
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    return Place("dev", None)


def run(source: str, status: Any = "done", id: str = "new", **more: Any) -> Run:
    return Run(source=source, id=id, status=status, **more)


def synced(where: Place, runs: Begun, *names: str, dry: bool = False, removing: bool = False) -> list[Run]:
    return sync.bring_in_step(where, names, dry=dry, removing=removing, runs=cast(Runs, runs))


def test_all_sources_are_begun_and_what_has_changed_is_shown(where: Place, capsys: pytest.CaptureFixture[str]) -> None:
    changed = run("site", added=25, names={"added": [f"page {n}" for n in range(25)]}, passages=30, unchanged=1_200)
    runs = Begun(
        {
            "lists": [
                None,
                run("lists", "running", listed=5),
                run("lists", refused=1, refusals=["b.csv: is no table"]),
            ],
            "site": [None, changed],
        }
    )
    assert [passage.source for passage in synced(where, runs)] == ["lists", "site"]
    assert runs.begun == [("lists", False, False), ("site", False, False)]
    said = capsys.readouterr().err
    assert "site: 25 added, 0 changed, 0 removed, 1,200 unchanged, 30 chunks stored." in said
    assert "added: page 19\n" in said
    assert "… and 5 more added" in said
    assert "b.csv: is no table" in said


def test_what_would_change_is_said_without_a_change(where: Place, capsys: pytest.CaptureFixture[str]) -> None:
    runs = Begun({"site": [None, run("site", removed=2, dry=True)]})
    synced(where, runs, "site", dry=True, removing=True)
    assert runs.begun == [("site", True, True)]
    assert "2 removed, 0 unchanged (nothing was loaded or removed)." in capsys.readouterr().err


def test_a_run_that_is_under_way_is_shown_instead_of_another_one(
    where: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Begun({"site": [run("site", "running", "old"), run("site", id="old", added=1)]})
    assert synced(where, runs, "site")[0].id == "old"
    assert runs.begun == []
    assert "a run is already in progress" in capsys.readouterr().err


def test_a_run_that_was_silent_for_long_is_over(where: Place) -> None:
    silent = run("site", "running", "old", updated=datetime.now(UTC) - timedelta(hours=2))
    assert synced(where, Begun({"site": [silent, silent, run("site", added=1)]}), "site")[0].id == "new"


def test_what_is_held_back_says_why_and_the_command_fails(
    where: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = run("site", "held", message="The source site lists 1 of the 9 items. Run `osml sync site --remove`.")
    runs = Begun({"site": [None, held]})
    monkeypatch.setattr(command, "place", lambda *_: where)
    monkeypatch.setattr(sync, "Runs", lambda _: runs)
    app = typer.Typer()
    app.command()(command.sync)
    said = CliRunner().invoke(app, ["site", "--json"])
    assert said.exit_code == 1
    assert '"status": "held"' in said.stdout
    assert "lists 1 of the 9 items. Run `osml sync site --remove --env dev`." in said.stderr


def test_an_unknown_name_or_no_source_at_all_is_a_sentence(where: Place, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"There is no source nope in environments/dev\.yaml; there are lists, site"):
        synced(where, Begun(), "nope")
    (tmp_path / "dev.yaml").write_text((CHECKOUT / "environments" / "dev.yaml").read_text())
    with pytest.raises(Failure, match=r"has no sources\. Add them under `sources:`, and deploy"):
        synced(where, Begun())


def test_a_function_that_never_begins_is_a_sentence(where: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "SLOWEST_START", 0.05)
    with pytest.raises(Failure, match="has not begun within 0 seconds"):
        synced(where, Begun(), "site")


def test_ctrl_c_says_what_goes_on_and_how_to_see_it(
    where: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Begun({"site": [None, run("site", "running")]})

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        synced(where, runs, "site")
    said = capsys.readouterr().err
    assert "runs that have begun continue in AWS. `osml sync site --env dev` shows a run again while it lasts" in said
