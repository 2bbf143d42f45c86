"""The virtual environment of the cloud process: it contains only MiniStack and the packages of AWS's Python runtime.

The functions' interpreter is made from it, so it must not contain the project's packages.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.cache import appearing
from sandbox.installer import install

REQUIREMENTS = Path(__file__).with_name("requirements-cloud.txt")


def cloud_python(cache: Path, report: Callable[[str], None], requirements: Path = REQUIREMENTS) -> Path:
    """The interpreter `<cache>/cloud-<hash of the requirements>/bin/python`; installs it if it is missing.

    OSML_CLOUD_PYTHON names another interpreter with these packages. `report` gets a line before an installation.
    Raises SandboxError with the end of the installer's output.
    """
    if chosen := os.environ.get("OSML_CLOUD_PYTHON"):
        return Path(chosen)
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = cache / f"cloud-{digest}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    report("Installing the local AWS …")
    # The folder is renamed later: that works for a virtual environment if only its python is called.
    with appearing(folder) as building:
        install("The local AWS", "venv", "--relocatable", "--python", sys.executable, str(building))
        options = ["--require-hashes", "--compile-bytecode", "--python", str(building / "bin" / "python")]
        install("The local AWS", "pip", "sync", *options, str(requirements))
    return python
