"""A CDK app of one's own: a folder with a cdk.json, which the CDK command line deploys to the local cloud."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from osml.deploy import secret
from osml.deploy.cdk import is_bootstrapped
from osml.deploy.node import with_node
from osml.failure import Failure
from osml.place import CHECKOUT

if TYPE_CHECKING:
    from sandbox.instance import Instance

MANIFEST = "cdk.json"
# In the context of cdk.json: the names of secrets that the local cloud fills, each with the key in its value.
SECRETS = "osml:secrets"


class OwnApp:
    """The app in `folder`. Raises Failure if the CDK command line, or a Node.js for it, is missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own = folder / ".venv" / "bin"
        path = os.pathsep.join([*([str(own)] if own.is_dir() else []), os.environ.get("PATH", "")])
        self._path = with_node({"PATH": path})["PATH"]
        self._cdk = self._command_line()

    def deploy(self, instance: "Instance", arguments: Sequence[str]) -> None:
        """Fill its secrets, and deploy all its stacks to the local cloud, which it bootstraps first.

        `arguments` are further options of `cdk deploy`. This process has the environment of the local cloud. Raises
        Failure.
        """
        from sandbox.instance import ACCOUNT, REGION

        key = instance.deepseek_key.read_text().strip()
        for name, field in self._secrets().items():
            if not secret.holds(name, field):
                secret.put(name, field, key)
        if not is_bootstrapped():
            # Without an app, the command does not synthesize to find its environments.
            self._run("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", "")
        self._run("deploy", "--all", "--require-approval", "never", *arguments)

    def _command_line(self) -> str:
        for folder in (self._folder, CHECKOUT):
            if (pinned := folder / "node_modules" / ".bin" / "cdk").exists():
                return str(pinned)
        if installed := shutil.which("cdk", path=self._path):
            return installed
        raise Failure(
            f"The CDK command line is not installed. Run `npm install aws-cdk` in {self._folder}, or `npm install "
            "--global aws-cdk`.",
            "package-missing",
        )

    def _secrets(self) -> Mapping[str, str]:
        file = self._folder / MANIFEST
        try:
            named = json.loads(file.read_text(encoding="utf-8")).get("context", {}).get(SECRETS, {})
            return {str(name): str(field) for name, field in named.items()}
        except (OSError, ValueError, AttributeError) as error:
            raise Failure(f"{file} cannot be read: {error}.") from None

    def _run(self, *arguments: str) -> None:
        # The local cloud runs functions with this Python.
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        own = {"PATH": self._path, "OSML_FUNCTION_PYTHON": version, "CDK_DISABLE_CLI_TELEMETRY": "true"}
        done = subprocess.run([self._cdk, *arguments], cwd=self._folder, env={**os.environ, **own}, check=False)
        if done.returncode:
            raise Failure(
                f"cdk {arguments[0]} of the app in {self._folder} failed; the reason is above. If a module is missing, "
                "install the app's requirements into the folder's .venv."
            )
