"""How Lambda functions run here: with a Python that has what Amazon's runtime has, and nothing of this checkout."""

import os
import shutil
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

# What Amazon's Python runtimes carry. MiniStack 1.5.33 runs functions with its own interpreter, where a dependency
# that is missing from an asset would be found among MiniStack's.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
RUNTIME_DISTRIBUTIONS = ("boto3-", "botocore-", "s3transfer-", "jmespath-", "python_dateutil-", "urllib3-", "six-")
# Seconds: wait for a first log line, for silence, at most. By default every call that logs nothing waits 50 ms.
LOG_WAITS = (0.003, 0.002, 0.25)


def install(home: Path) -> None:
    """Points MiniStack's function workers at the runtime made in `home`; once per process."""
    python = runtime_python(home / "lambda-runtime")
    detect = lambda_runtime._detect_runtime_binary

    def _detect_runtime_binary(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (str(python) if runtime.startswith("python") else binary), script

    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    delete = handlers["delete"]

    def delete_with_workers(physical_id: str, props: dict[str, Any]) -> None:
        # MiniStack forgets the function and leaves its processes running.
        delete(physical_id, props)
        lambda_runtime.invalidate_worker(physical_id, account=get_account_id(), region=get_region())

    handlers["delete"] = delete_with_workers
    lambda_runtime._detect_runtime_binary = _detect_runtime_binary
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = LOG_WAITS


def runtime_python(folder: Path) -> Path:
    """A virtual environment whose packages are those of Amazon's runtime, linked from this process's own."""
    shutil.rmtree(folder, ignore_errors=True)
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    target = folder / "lib" / version / "site-packages"
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if entry.name in RUNTIME_PACKAGES or (
            entry.name.endswith(".dist-info") and entry.name.startswith(RUNTIME_DISTRIBUTIONS)
        ):
            os.symlink(entry, target / entry.name)
    return folder / "bin" / "python"


def end_all(temporary: Path) -> None:
    """Ends every function's process and removes what was unpacked for it."""
    lambda_runtime.reset()
    for folder in temporary.glob("ministack-lambda-*"):
        shutil.rmtree(folder, ignore_errors=True)
