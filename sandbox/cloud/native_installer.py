"""Installs native packages for an asset whose requirements the launcher did not know, such as one of another app."""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.cloud.settings import CloudSettings
from sandbox.failure import SandboxError


def installer(settings: CloudSettings) -> Callable[[bytes], Path] | None:
    """Makes the folder of native packages for the bytes of a requirements file; None without a command for it.

    The command runs with the environment of the local cloud's start, because functions' egress proxy lets no package
    through. It raises SandboxError with the end of the command's output.
    """
    if not settings.installer:
        return None

    def install(requirements: bytes) -> Path:
        with tempfile.NamedTemporaryFile(suffix="-requirements.txt") as file:
            file.write(requirements)
            file.flush()
            command = [*settings.installer, file.name]
            done = subprocess.run(command, env=dict(settings.outer), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SandboxError(done.stderr.strip())
        return Path(done.stdout.strip())

    return install
