"""Installs packages with uv."""

import os
import subprocess
import sys

from sandbox.failure import SandboxError


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs uv once, without this process's virtual environment; returns its status and output."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    command = [sys.executable, "-m", "uv", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def install(what: str, *arguments: str) -> None:
    """Installs `what` with one call of uv; raises SandboxError with the end of its output."""
    done = uv(*arguments)
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise SandboxError(
            f"{what} could not be installed: uv {arguments[0]} ended with {done.returncode}. It said:\n{said}\n"
            "Check that the package registry is reachable, and start again."
        )
