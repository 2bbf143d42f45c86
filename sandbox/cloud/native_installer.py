"""Installs native packages for an asset whose requirements the launcher did not know, such as one of another app."""

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.failure import SandboxError


def installer(command: Sequence[str], environment: Mapping[str, str]) -> Callable[[bytes], Path] | None:
    """Makes the folder of native packages for the bytes of a requirements file; None without a `command` for it.

    `environment` is that of the local cloud's start, because functions' egress proxy lets no package through. The
    result raises SandboxError with what the command said.
    """
    if not command:
        return None

    def install(requirements: bytes) -> Path:
        with tempfile.NamedTemporaryFile(suffix="-requirements.txt") as file:
            file.write(requirements)
            file.flush()
            words = [*command, file.name]
            done = subprocess.run(words, env=dict(environment), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SandboxError(done.stderr.strip())
        return Path(done.stdout.strip())

    return install
