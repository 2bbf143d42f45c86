"""The command line without the local cloud, which is a separate distribution."""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from osml.place import CHECKOUT

pytestmark = pytest.mark.thorough

COMMANDS = {
    "up": ["sandbox", "up"],
    "status": ["status", "--sandbox"],
    "deploy": ["deploy", "--sandbox"],
    "nowhere": ["status", "--env", "nowhere", "--json"],
    "help": ["deploy", "--help"],
}
# Simulates a missing `sandbox`: the import system does not find the module. All commands run in this one process.
WITHOUT = """
import contextlib, io, json, sys

class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("sandbox", "onnxruntime", "cryptography", "maven_artifact"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import importlib.util
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "sandbox" else whole(name, *more)
from osml.main import main

def run(arguments):
    sys.argv = ["osml", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
    return [code, out.getvalue(), err.getvalue()]

print(json.dumps({name: run(arguments) for name, arguments in json.loads(sys.argv[1]).items()}))
"""
Outcome = tuple[int, str, str]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """The exit code, standard output and standard error of each command."""
    command = [sys.executable, "-c", WITHOUT, json.dumps(COMMANDS)]
    folder = tmp_path_factory.mktemp("elsewhere")
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return {name: (code, out, err) for name, (code, out, err) in json.loads(process.stdout).items()}


@pytest.mark.parametrize("name", ["up", "status", "deploy"])
def test_what_needs_the_local_cloud_names_it(outcomes: dict[str, Outcome], name: str) -> None:
    code, _, errors = outcomes[name]
    assert code == 1
    assert "The local cloud is not installed here: run `make install`" in errors
    assert "Traceback" not in errors


def test_a_failure_on_aws_is_a_sentence(outcomes: dict[str, Outcome]) -> None:
    code, output, errors = outcomes["nowhere"]
    assert (code, "Traceback" in errors) == (1, False)
    assert "nowhere" in json.loads(output)["error"]


def test_help_needs_no_local_cloud(outcomes: dict[str, Outcome]) -> None:
    code, output, _ = outcomes["help"]
    assert (code, "--sandbox" in output) == (0, True)


def test_the_app_and_its_requirements_hold_nothing_of_the_local_cloud() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    cloud = tomllib.loads((CHECKOUT / "sandbox" / "pyproject.toml").read_text())
    own, shared = (
        {re.split("[=>]", dependency)[0] for dependency in each["project"]["dependencies"]} for each in (cloud, project)
    )
    installed = (CHECKOUT / "requirements.txt").read_text()
    assert not [package for package in project["tool"]["setuptools"]["packages"] if package.startswith("sandbox")]
    # requests installs certifi.
    assert not [name for name in own - shared - {"certifi"} if f"\n{name}==" in installed]
