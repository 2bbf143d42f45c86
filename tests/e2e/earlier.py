"""An earlier state of this repository, taken from its history, as a program that deploys and asks."""

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from osml.deploy import log_role
from osml.place import CHECKOUT
from sandbox.instance import ACCOUNT, REGION

COMMAND_LINE = (sys.executable, "-c", "from osml.main import main; main()")
APP = f"{sys.executable} app.py"
# The local cloud runs functions with this Python.
FUNCTION_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Earlier:
    """The code of one commit in `folder`, on the environment `name` whose file is in `directory`.

    It runs with the packages of the present virtual environment, and sees the local cloud as AWS: only through the
    variables of `Instance.client_environment()`, which must be set.
    """

    folder: Path
    name: str
    directory: Path

    @classmethod
    def at(cls, commit: str, folder: Path, name: str, directory: Path) -> "Earlier":
        """Extract `commit` into `folder`; skip the test if this clone has no such commit."""
        if subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=CHECKOUT, check=False).returncode:
            pytest.skip(f"This clone has no commit {commit}; `git fetch --unshallow` gets the whole history.")
        packed = folder.with_suffix(".tar")
        subprocess.run(["git", "archive", "--output", str(packed), commit], cwd=CHECKOUT, check=True)
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        packed.unlink()
        (folder / "node_modules").symlink_to(CHECKOUT / "node_modules")
        return cls(folder, name, directory)

    def deploy(self) -> None:
        """`cdk deploy --all` of its app."""
        log_role.ensure()
        cdk = str(self.folder / "node_modules" / ".bin" / "cdk")
        self._run(cdk, "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", "")
        options = ("--require-approval", "never", "--concurrency", "3", "--output", "cdk.out", "--app", APP)
        self._run(cdk, "deploy", "--all", *options, "-c", f"env={self.name}")

    def osml(self, *words: str) -> str:
        """What its command line prints on standard output."""
        return self._run(*COMMAND_LINE, *words, "--env", self.name)

    def _run(self, *words: str) -> str:
        # The folders come before those of the installed packages, which are links to the present code.
        path = os.pathsep.join(str(self.folder / part) for part in (".", "constructs", "lambda"))
        variables = {
            "PYTHONPATH": path,
            "OSML_ENVIRONMENTS": str(self.directory),
            "OSML_FUNCTION_PYTHON": FUNCTION_PYTHON,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        done = subprocess.run(
            words, cwd=self.folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)} of {self.folder}:\n{done.stdout}\n{done.stderr}"
        return done.stdout
