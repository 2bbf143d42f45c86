"""The local cloud as its user meets it: cut short, started again, ended, and a secret that a stack makes."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import requests
import yaml

from sandbox import launcher
from sandbox.instance import Instance
from tests.e2e.conftest import OSML
from tests.e2e.neighbours import bare_sandbox


@pytest.fixture
def halved() -> Iterator[Instance]:
    instance = Instance.named("halved")
    yield instance
    launcher.down(instance)


def test_an_interrupted_start_is_awaited_or_repeated(halved: Instance) -> None:
    environment = {**os.environ, "OSML_SANDBOX": halved.name}
    first = subprocess.Popen([str(OSML), "sandbox", "up"], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while "engine" not in halved.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    subprocess.run([str(OSML), "sandbox", "up"], env=environment, check=True, capture_output=True)
    assert requests.get(launcher.settings(halved)["models_url"] + "/_health", timeout=5).ok

    halved.processes()["models"].stop()
    orphan = halved.processes()["engine"]
    again = subprocess.run([str(OSML), "sandbox", "up"], env=environment, check=False, capture_output=True, text=True)
    assert (again.returncode, "osml sandbox restart" in again.stderr) == (1, True)
    assert orphan.alive()
    subprocess.run([str(OSML), "sandbox", "up", "--discard"], env=environment, check=True, capture_output=True)
    assert not orphan.alive()
    started = halved.processes()
    assert sorted(started) == ["cloud", "engine", "models"]
    children = [c for p in started.values() for c in psutil.Process(p.pid).children(recursive=True)]

    subprocess.run([str(OSML), "sandbox", "down"], env=environment, check=True, capture_output=True)
    assert [name for name, process in started.items() if process.alive()] == []
    assert [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE] == []
    assert not halved.home.exists()


def test_a_secret_that_the_stack_makes_is_filled_between_two_deploys(
    osml: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = bare_sandbox()
    settings["answer"]["secret"] = {"name": "osml/made", "key": "api_key", "create": True}
    (tmp_path / "made.yaml").write_text(yaml.safe_dump(settings))
    monkeypatch.setitem(osml.environment, "OSML_ENVIRONMENTS", str(tmp_path))
    made = ("--env", "made", "--sandbox")

    assert "osml secret set" in osml("deploy", *made, code=1).stderr
    osml("secret", "set", *made)
    value = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId="osml/made")["SecretString"])
    assert value["api_key"].startswith("sk-")
    stacks = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert [s["StackName"] for s in stacks if s["StackName"].startswith("osml-made")] == ["osml-made-inference"]
    osml("destroy", *made)
