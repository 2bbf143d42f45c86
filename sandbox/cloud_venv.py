"""The virtual environment of the cloud process: MiniStack and what AWS's own Python runtime has, nothing else.

Functions run under an interpreter made from it, so the project's packages must not be in it.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.cache import appearing
from sandbox.failure import SandboxError

REQUIREMENTS = Path(__file__).with_name("requirements-cloud.txt")


def cloud_python(cache: Path, report: Callable[[str], None], requirements: Path = REQUIREMENTS) -> Path:
    """The interpreter `<cache>/cloud-<hash of the requirements>/bin/python`; installs it the first time.

    OSML_CLOUD_PYTHON names another interpreter that has these packages. `report` is told one line when something is
    installed. Raises SandboxError with the installer's last words.
    """
    if chosen := os.environ.get("OSML_CLOUD_PYTHON"):
        return Path(chosen)
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = cache / f"cloud-{digest}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    report(f"Installing the local AWS into {folder} (once, under a minute) …")
    # Built elsewhere: a virtual environment is relocatable where only its python is called.
    with appearing(folder) as building:
        run_uv("The local AWS", "venv", "--relocatable", "--python", sys.executable, str(building))
        options = ["--require-hashes", "--compile-bytecode", "--python", str(building / "bin" / "python")]
        run_uv("The local AWS", "pip", "sync", *options, str(requirements))
    return python


def run_uv(what: str, *arguments: str) -> None:
    """Installs `what` by one call of uv; raises SandboxError with its last words."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        [sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise SandboxError(
            f"{what} could not be installed: uv {arguments[0]} ended with {done.returncode}. It said:\n{said}\n"
            "Check that the package registry can be reached, and start again."
        )
