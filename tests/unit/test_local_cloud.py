"""The command line without the local cloud, which is a distribution of its own."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from osml.place import CHECKOUT

# As where `sandbox` is not installed: the finders know no such module.
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("sandbox", "onnxruntime", "cryptography", "maven_artifact"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import importlib.util
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "sandbox" else whole(name, *more)
from osml.main import main
main()
"""


def osml(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("sandbox", "up"), ("status", "--sandbox"), ("deploy", "--sandbox")])
def test_what_needs_the_local_cloud_names_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = osml(tmp_path, *arguments)
    assert result.returncode == 1
    assert "The local cloud is not installed here: run `make install`" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_failure_on_aws_is_a_sentence(tmp_path: Path) -> None:
    result = osml(tmp_path, "status", "--env", "nowhere", "--json")
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert "nowhere" in json.loads(result.stdout)["error"]


def test_help_needs_no_local_cloud(tmp_path: Path) -> None:
    assert osml(tmp_path, "deploy", "--help").returncode == 0


def test_the_app_and_its_requirements_hold_nothing_of_the_local_cloud() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    cloud = tomllib.loads((CHECKOUT / "sandbox" / "pyproject.toml").read_text())
    own = {dependency.partition("==")[0] for dependency in cloud["project"]["dependencies"]}
    shared = {dependency.partition("==")[0] for dependency in project["project"]["dependencies"]}
    installed = (CHECKOUT / "requirements.txt").read_text()
    assert not [package for package in project["tool"]["setuptools"]["packages"] if package.startswith("sandbox")]
    # requests brings certifi.
    assert not [name for name in own - shared - {"certifi"} if f"\n{name}==" in installed]
