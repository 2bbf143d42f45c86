"""The upgrade of the engine to a later line, and the way back, with a simulated engine."""

import json
import shutil
from pathlib import Path

import pytest

from sandbox import launcher, upgrade
from sandbox.engine.line import Line, lines
from sandbox.failure import SandboxError
from sandbox.instance import Instance, StartedEngine
from sandbox.process import Process
from sandbox.progress import Lines
from sandbox.upgrade import UpgradeFailed

OLD, NEW = (line.version for line in (lines()[0], lines()[-1]))
QUIET = Lines(lambda _: None)


class Engines:
    """Records in the data which line starts on it, and refuses to start the line `broken`."""

    broken: str | None = None

    def __init__(self, instance: Instance) -> None:
        self.data = instance.home / "engine" / "data"
        self.calls: list[str] = []

    def stop(self, _: Instance) -> None:
        self.calls.append("stop")

    def start(self, instance: Instance, _: object, line: Line, wanted: str | None) -> None:
        self.calls.append(line.version)
        instance.remember_engine(StartedEngine(line.version, True, wanted))
        (self.data / "opened_by").write_text(line.version)
        if line.version == self.broken:
            raise SandboxError("The engine ended before it was ready.")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """A local cloud whose engine has the oldest line, on some data."""
    monkeypatch.setenv("OSML_CACHE", str(tmp_path))
    made = Instance.named("upgraded")
    (made.home / "engine" / "data" / "nodes").mkdir(parents=True)
    (made.home / "engine" / "data" / "nodes" / "segment").write_text("old")
    made.remember_engine(StartedEngine(OLD, True, "OpenSearch_2.17"))
    return made


@pytest.fixture
def engines(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Engines:
    made = Engines(instance)
    monkeypatch.setattr(launcher, "require_engine", lambda _: None)
    monkeypatch.setattr(launcher, "stop_engine", made.stop)
    monkeypatch.setattr(launcher, "start_engine", made.start)
    monkeypatch.setattr(upgrade, "prepare", lambda *_: made.calls.append("prepare"))
    return made


def test_all_is_prepared_before_the_engine_ends(instance: Instance, engines: Engines) -> None:
    upgrade.upgrade(instance, QUIET, "3.5")
    assert engines.calls == ["prepare", "stop", NEW]
    assert instance.engine == StartedEngine(NEW, True, "OpenSearch_3.5")


def test_undo_brings_back_version_and_data_once(instance: Instance, engines: Engines) -> None:
    upgrade.upgrade(instance, QUIET, "OpenSearch_3.6")
    (engines.data / "nodes" / "segment").write_text("new")
    upgrade.undo(instance, QUIET)
    assert (engines.data / "nodes" / "segment").read_text() == "old"
    assert instance.engine == StartedEngine(OLD, True, "OpenSearch_2.17")
    with pytest.raises(SandboxError, match="has no data from before an upgrade"):
        upgrade.undo(instance, QUIET)
    assert engines.calls == ["prepare", "stop", NEW, "stop", OLD]


def test_a_start_that_fails_says_why_and_the_way_back(instance: Instance, engines: Engines) -> None:
    engines.broken = NEW
    said = f"OpenSearch {NEW} did not start on the data of {OLD}: The engine ended.*\n`osml sandbox upgrade --undo`"
    with pytest.raises(UpgradeFailed, match=said):
        upgrade.upgrade(instance, QUIET, "3.6")
    upgrade.undo(instance, QUIET)
    assert (engines.data / "opened_by").read_text() == OLD
    assert instance.engine.version == OLD


def test_an_upgrade_keeps_the_data_of_the_last_start_only(instance: Instance, engines: Engines) -> None:
    for text in ("first", "second"):
        (engines.data / "nodes" / "segment").write_text(text)
        upgrade.upgrade(instance, QUIET, "3.6")
        instance.remember_engine(StartedEngine(OLD, True))
    upgrade.undo(instance, QUIET)
    assert (engines.data / "nodes" / "segment").read_text() == "second"


@pytest.mark.parametrize(
    ("runs", "to", "said"),
    [
        (OLD, "2.19", f"already runs OpenSearch {OLD}, the nearest line to 2.19. The lines are {OLD} and {NEW}."),
        (NEW, "2.19", f"OpenSearch {OLD} cannot open the data of {NEW}, because downgrades are impossible."),
        (OLD, "next", "--to is 'next', but must be a version such as"),
    ],
)
def test_a_request_that_is_not_an_upgrade_changes_nothing(
    instance: Instance, engines: Engines, runs: str, to: str, said: str
) -> None:
    instance.remember_engine(StartedEngine(runs, True))
    with pytest.raises(SandboxError, match=said):
        upgrade.upgrade(instance, QUIET, to)
    assert engines.calls == []


def test_without_space_for_a_copy_the_engine_keeps_running(
    instance: Instance, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1}))
    with pytest.raises(SandboxError, match="Free some space, then upgrade again"):
        upgrade.upgrade(instance, QUIET, "3.6")
    assert engines.calls == ["prepare"]


def test_a_local_cloud_that_does_not_run_says_how_to_start_it(instance: Instance) -> None:
    with pytest.raises(SandboxError, match="osml sandbox up"):
        upgrade.target(instance, "3.6")


def test_an_engine_of_ones_own_is_left_alone(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Process, "alive", lambda _: True)
    instance.remember({"models": Process(1, 0.0), "cloud": Process(1, 0.0)})
    (instance.home / "cloud.json").write_text(json.dumps({"engine_url": "https://mine"}))
    for change in (lambda: upgrade.target(instance, "3.6"), lambda: upgrade.undo(instance, QUIET)):
        with pytest.raises(SandboxError, match="https://mine is your own"):
            change()
