"""Installs and downloads everything that a local cloud needs once per machine, in parallel.

`python -m sandbox.prepare environments/sandbox.yaml` needs only the packages of `requirements-prepare.txt`. So
`make demo` can run it while the other packages are installed.
"""

import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import yaml

from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python
from sandbox.engine.assembly import assemble, fetch
from sandbox.engine.java import java
from sandbox.engine.line import Line, nearest
from sandbox.failure import SandboxError
from sandbox.models.weights import weights_directory
from sandbox.native_packages import native_packages
from sandbox.progress import ConsoleProgress, Progress


def prepare(cache: Path, progress: Progress, line: Line | None) -> None:
    """Fill the cache with the line's engine, its Java, the local AWS and the model weights. Existing parts are kept.

    `line` is None if the user has their own engine. If a part fails, the other parts are finished, and then its
    SandboxError is raised.
    """
    with ThreadPoolExecutor() as workers:
        running: list[Future[object]] = [
            workers.submit(lambda: native_packages(cache, cloud_python(cache, progress.step), progress.step)),
            workers.submit(weights_directory, cache, progress.step),
        ]
        if line:
            fetched = workers.submit(fetch, cache, progress, line)
            runtime = java(cache, progress.step, line.java)
            fetched.result()
            assemble(cache, progress, runtime, line)
        for job in running:
            job.result()


def _version(environment: Path) -> str | None:
    """`search.engine_version` in the file, or None. Errors in the file are ignored here: the deploy reports them."""
    try:
        settings = yaml.safe_load(environment.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError, OSError):
        return None
    search = settings.get("search") if isinstance(settings, dict) else None
    version = search.get("engine_version") if isinstance(search, dict) else None
    return version if re.fullmatch(r"OpenSearch_[0-9]{1,3}\.[0-9]{1,3}", str(version)) else None


def _main(environment: Path) -> None:
    try:
        prepare(cache_directory(), ConsoleProgress(), nearest(_version(environment)))
    except SandboxError as failure:
        raise SystemExit(f"✗ {failure}") from None


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
