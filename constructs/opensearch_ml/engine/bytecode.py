"""Bytecode of a function's modules. Lambda cannot store bytecode, so without it each cold start compiles everything."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

# The variable with the Python version that runs the functions if it differs from Amazon's, as on the local cloud.
VERSION = "OSML_FUNCTION_PYTHON"
TASK_ROOT = "/var/task"
_COMPILE = """
import compileall, py_compile, sys
folder, root = sys.argv[1:]
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir(folder, quiet=2, stripdir=folder, prependdir=root, invalidation_mode=mode)
"""


def compile_modules(folder: Path, version: str) -> None:
    """Compile all modules in `folder` for Python `version`, if this machine has it; other versions ignore the result.

    A module that cannot be compiled is left as it is. Python does not compare the bytecode with its source when it
    loads it, because unpacking changes the files' times.
    """
    interpreter = _interpreter(_wanted(version))
    if interpreter:
        subprocess.run([interpreter, "-c", _COMPILE, str(folder), TASK_ROOT], check=False, capture_output=True)


def compiled_for(version: str) -> str:
    """The version for which this machine compiles: `version`, or the one in VERSION.

    Empty if this machine does not have that version; it then compiles nothing.
    """
    wanted = _wanted(version)
    return wanted if _interpreter(wanted) else ""


def _wanted(version: str) -> str:
    return os.environ.get(VERSION, version)


@cache
def _interpreter(version: str) -> str | None:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = [sys.executable, "-m", "uv", "python", "find", "--no-config", "--no-python-downloads", version]
    # pyenv puts a script for each of its versions on the PATH. The script fails unless its version is chosen.
    environment = {**os.environ, "PYENV_VERSION": version}
    process = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return process.stdout.strip() if process.returncode == 0 else None
