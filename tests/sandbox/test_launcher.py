"""A killed start leaves nothing that `down` does not find."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import psutil
import pytest

from osml.failure import Failure
from osml.place import place
from sandbox import launcher, startup
from sandbox.cloud.settings import CloudSettings
from sandbox.cloud_parts import ORDER, absence, parts
from sandbox.failure import SandboxError
from sandbox.instance import CHECKOUT, Instance
from sandbox.process import Process, start
from sandbox.progress import Lines
from sandbox.search_engine import GivenEngine
from sandbox.status import describe
from tests.waiting import until

# Runs the launcher's own start with a simulated engine, and dies when a process runs but is not recorded yet.
KILLED = """
import os, signal, sys
from osml.failure import Failure
from osml.place import place
from sandbox import startup
from sandbox.instance import Instance
from sandbox.process import start
from sandbox.progress import Lines

instance = Instance.named()

class Engine:
    has_ml = True
    version = "3.6.0"

    def start(self):
        argv = [sys.executable, "-c", "import time; time.sleep(60)"]
        process = start(argv, environment=instance.marked({}), folder=instance.home, log=instance.log("engine"))
        print(process.pid, flush=True)
        return process

startup.prepare = lambda cache, progress, line: None
startup.search_engine.chosen = lambda instance, progress, line: Engine()
Instance.remember = lambda self, processes: os.kill(os.getpid(), signal.SIGKILL)
with instance.lock():
    startup.start_parts(instance, Lines(print), None)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_CACHE", str(tmp_path))
    monkeypatch.setenv("OSML_SANDBOX", "killed")


def test_every_setting_that_is_written_for_the_cloud_process_is_read_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, no_file = Instance.named(), tmp_path / "file"
    instance.ports()
    engine = GivenEngine("https://127.0.0.1:1", no_file, no_file, no_file, True, "3.6.0")
    for name in ("cloud_python", "native_packages", "start"):
        monkeypatch.setattr(startup, name, lambda *_, **__: no_file)
    startup.start_cloud(instance, engine, Lines(print))
    assert set(startup.settings(instance)) == {field.name for field in fields(CloudSettings)}


def test_down_ends_a_process_that_a_killed_start_did_not_write_down(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    instance = Instance.named()
    assert instance.processes() == {}
    # Linux shows a process's environment only a moment after the parent has started it.
    [stray] = until("the process", instance.strays)
    assert stray.pid == int(done.stdout)
    other = start(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        environment=Instance.named("other").marked(os.environ),
        folder=tmp_path,
        log=tmp_path / "other.log",
    )
    try:
        launcher.down(instance)
        assert not stray.alive()
        assert other.alive(), "another local cloud's processes stay"
    finally:
        other.stop()
    assert not instance.home.exists()


def test_start_ends_what_a_killed_start_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance.named()
    instance.home.mkdir(parents=True)
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    stray = start(sleeper, environment=instance.marked(os.environ), folder=tmp_path, log=tmp_path / "log")
    alive: list[bool] = []
    until("the process", instance.strays)

    def started(*arguments: object) -> None:
        alive.append(stray.alive())

    monkeypatch.setattr(launcher, "start_parts", started)
    monkeypatch.setattr(launcher, "await_parts", lambda *arguments: None)
    try:
        launcher.up(instance, Lines(print))
        assert alive == [False]
    finally:
        Process(stray.pid, stray.created).stop()


def test_only_the_engine_of_a_running_local_cloud_is_started_again() -> None:
    with pytest.raises(SandboxError, match="osml sandbox up"):
        launcher.restart_engine(Instance.named(), Lines(print))


SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    """A local cloud of which only the named parts run."""
    processes: dict[str, Process] = {}
    instance = Instance.named()

    def start_all(*alive: str) -> Instance:
        instance.home.mkdir(parents=True)
        for name in ORDER:
            log = tmp_path / f"{name}.log"
            processes[name] = start(SLEEPER, environment=instance.marked(os.environ), folder=tmp_path, log=log)
            if name not in alive:
                processes[name].stop()
        instance.remember(processes)
        return instance

    yield start_all
    for process in processes.values():
        process.stop()


def test_a_dead_engine_is_started_again_and_nothing_is_discarded_unasked(started: Callable[..., Instance]) -> None:
    instance = started("models", "cloud")
    with pytest.raises(SandboxError, match=r"OpenSearch has stopped .*osml sandbox restart.*up --discard"):
        launcher.up(instance, Lines(print))
    assert parts(instance) == {"engine": False, "models": True, "cloud": True}
    with pytest.raises(Failure, match=r"OpenSearch has stopped .*osml sandbox restart"):
        place(None, sandbox=True)
    description = describe(instance)
    assert (description["running"], description["parts"]["engine"]) == (False, False)
    assert "osml sandbox restart" in description["reason"]


def alive_of(pids: list[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid)]


def test_discard_stops_the_local_cloud_and_starts_an_empty_one(
    started: Callable[..., Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = started("models", "cloud")
    begun: list[dict[str, bool]] = []
    monkeypatch.setattr(launcher, "start_parts", lambda *_: begun.append(parts(instance)))
    monkeypatch.setattr(launcher, "await_parts", lambda *_: None)
    said: list[tuple[str, list[int]]] = []
    alive = [process.pid for process in instance.processes().values() if process.alive()]
    launcher.up(instance, Lines(lambda line: said.append((line, alive_of(alive)))), discard=True)
    assert begun == [{}]
    assert ("The deployed stacks and the documents in OpenSearch are removed" in said[0][0], said[0][1]) == (
        True,
        alive,
    )


def test_after_a_crash_of_aws_the_start_is_empty(
    started: Callable[..., Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = started("engine", "models")
    assert "the deployed stacks are lost with AWS" in (absence(instance) or "")
    begun: list[int] = []
    monkeypatch.setattr(launcher, "start_parts", lambda *_: begun.append(1))
    monkeypatch.setattr(launcher, "await_parts", lambda *_: None)
    said: list[str] = []
    launcher.up(instance, Lines(said.append))
    assert begun == [1]
    assert "the deployed stacks are lost with it. The documents in OpenSearch are removed" in said[0]


def test_dead_models_are_started_again_beside_the_engine(
    started: Callable[..., Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = started("engine", "cloud")
    monkeypatch.setattr(launcher, "start_models", lambda *_: instance.processes()["cloud"])
    monkeypatch.setattr(launcher, "start_engine", lambda *_: None)
    launcher.restart_engine(instance, Lines(print))
    assert parts(instance) == {"engine": False, "models": True, "cloud": True}
