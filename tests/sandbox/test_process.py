"""Only processes that we started are ended."""

import os
import sys
from pathlib import Path

import psutil

from sandbox.process import Process, bearing, start
from tests.waiting import until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('up', flush=True); time.sleep(60)",
]


def test_a_started_process_is_alive_until_it_is_stopped(tmp_path: Path) -> None:
    process = start(SLEEPER, environment=os.environ, folder=tmp_path, log=tmp_path / "logs" / "log")
    assert process.alive()
    process.stop()
    assert not process.alive()


def test_processes_are_found_by_a_variable_of_theirs(tmp_path: Path) -> None:
    started = [
        start(SLEEPER, environment={**os.environ, "OSML_TEST_MARK": mark}, folder=tmp_path, log=tmp_path / "log")
        for mark in (str(tmp_path), "another")
    ]
    try:
        # Linux shows a process's environment only a moment after the parent has started it.
        until("the process", lambda: bearing("OSML_TEST_MARK", str(tmp_path)), started[:1].__eq__)
    finally:
        for process in started:
            process.stop()
    assert bearing("OSML_TEST_MARK", str(tmp_path)) == []


def test_stopping_twice_is_a_success(tmp_path: Path) -> None:
    process = start(SLEEPER, environment=os.environ, folder=tmp_path, log=tmp_path / "log")
    process.stop()
    process.stop()
    assert not process.alive()


def test_a_stubborn_process_goes_with_its_children(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start(STUBBORN, environment=os.environ, folder=tmp_path, log=log)
    until("its word", log.read_text, lambda text: "up" in text)
    (child,) = psutil.Process(process.pid).children()
    process.stop(grace=0.2)
    assert not process.alive()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_pid_that_belongs_to_someone_else_is_left_alone(tmp_path: Path) -> None:
    process = start(SLEEPER, environment=os.environ, folder=tmp_path, log=tmp_path / "log")
    stranger = Process(process.pid, process.created - 100)
    assert not stranger.alive()
    stranger.stop()
    assert process.alive()
    process.stop()
