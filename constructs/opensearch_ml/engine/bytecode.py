"""Bytecode of a function's modules: Lambda cannot keep what it compiles, so without it each cold start compiles all."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

# The version of Python that runs the functions, where it is not Amazon's: on the local cloud.
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

    A module that cannot be compiled is left as it is. Files are not compared with their source when they are loaded,
    because unpacking changes their time.
    """
    interpreter = _interpreter(_wanted(version))
    if interpreter:
        subprocess.run([interpreter, "-c", _COMPILE, str(folder), TASK_ROOT], check=False, capture_output=True)


def compiled_for(version: str) -> str:
    """The version for which this machine compiles instead of `version`; empty if it has none, and compiles nothing."""
    wanted = _wanted(version)
    return wanted if _interpreter(wanted) else ""


def _wanted(version: str) -> str:
    return os.environ.get(VERSION, version)


@cache
def _interpreter(version: str) -> str | None:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = [sys.executable, "-m", "uv", "python", "find", "--no-config", "--no-python-downloads", version]
    # pyenv puts scripts on the PATH that stand for each version it has, and fail unless that one is chosen.
    environment = {**os.environ, "PYENV_VERSION": version}
    process = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return process.stdout.strip() if process.returncode == 0 else None
