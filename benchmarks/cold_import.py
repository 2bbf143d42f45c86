"""How long the import of the provisioner's code takes in a new process, compared with the libraries that it uses.

The code is as in the deployed function. It is imported in turns with the libraries in new interpreters, without
bytecode. Takes a minute.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from opensearch_ml.engine.function_bundle import FunctionBundle
from opensearch_ml.engine.provisioner import FOLDERS, SOURCE
from trials.report import publish

ROUNDS = 15
COLUMNS = ("imported", "median", "spread", "over bare", "zip")
HELPER = "CfnResource(json_logging=True, log_level='INFO', boto_level='WARNING', sleep_on_delete=0)"
BARE = f"import requests; from requests_aws4auth import AWS4Auth; from crhelper import CfnResource; {HELPER}"
WAYS = {"crhelper, requests, requests-aws4auth": BARE, "the provisioner": "import handler"}
TIMED = "import time; begin = time.perf_counter(); {}; print(time.perf_counter() - begin)"


def main() -> None:
    """Measure and publish."""
    with tempfile.TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "function"
        bundle.mkdir()
        FunctionBundle(SOURCE, folders=FOLDERS).try_bundle(str(bundle))
        archive = _zipped(bundle)
        seconds: dict[str, list[float]] = {name: [] for name in WAYS}
        for number in range(1 + ROUNDS):
            for name, statement in WAYS.items():
                took = _imported(bundle, statement)
                if number:  # the first one warms the machine's caches
                    seconds[name].append(took)
    bare = statistics.median(next(iter(seconds.values())))
    rows = [
        [
            name,
            f"{statistics.median(second) * 1000:.0f} ms",
            f"{min(second) * 1000:.0f}-{max(second) * 1000:.0f}",
            f"{statistics.median(second) / bare:.2f}",
            f"{archive / 1e6:.2f} MB" if name == "the provisioner" else "",
        ]
        for name, second in seconds.items()
    ]
    publish("import", COLUMNS, rows)


def _zipped(folder: Path) -> int:
    """The size of the folder as an archive, in bytes."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path.stat().st_size


def _imported(bundle: Path, statement: str) -> float:
    environment = {
        **os.environ,
        "PYTHONPATH": str(bundle),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-c", TIMED.format(statement)]
    done = subprocess.run(command, env=environment, cwd=bundle, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
