"""A start that is killed leaves nothing that `down` does not find."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import launcher
from sandbox.failure import SandboxError
from sandbox.instance import CHECKOUT, Instance
from sandbox.process import Process, start

# Runs the launcher's own start with an engine of its own, and dies where a process runs and is not written down yet.
KILLED = """
import os, signal, sys
from sandbox import launcher
from sandbox.instance import Instance
from sandbox.process import start

instance = Instance.named()

class Engine:
    has_ml = True

    def start(self):
        argv = [sys.executable, "-c", "import time; time.sleep(60)"]
        process = start(argv, environment=instance.marked({}), folder=instance.home, log=instance.log("engine"))
        print(process.pid, flush=True)
        return process

launcher.search_engine.chosen = lambda instance, report: Engine()
Instance.remember = lambda self, processes: os.kill(os.getpid(), signal.SIGKILL)
with instance.lock():
    launcher._start(instance, print)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_CACHE", str(tmp_path))
    monkeypatch.setenv("OSML_SANDBOX", "killed")


def test_down_ends_a_process_that_a_killed_start_did_not_write_down(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    instance = Instance.named()
    assert instance.processes() == {}
    [stray] = instance.strays()
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

    def started(instance: Instance, report: object) -> None:
        alive.append(stray.alive())

    monkeypatch.setattr(launcher, "_start", started)
    monkeypatch.setattr(launcher, "_wait", lambda instance, report: None)
    try:
        launcher.up(instance, print)
        assert alive == [False]
    finally:
        Process(stray.pid, stray.created).stop()


def test_only_the_engine_of_a_running_local_cloud_is_started_again() -> None:
    with pytest.raises(SandboxError, match="osml sandbox up"):
        launcher.restart_engine(Instance.named(), print)
