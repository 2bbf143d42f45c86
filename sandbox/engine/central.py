"""Maven Central through clients that know where it is: Maven itself, or the package maven-artifact."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from sandbox.engine.parts import Part

_PATIENCE = 1200.0  # seconds for the largest part (133 MB) on a slow line
# Maven before 4 does not lock its cache; two at a time, of different artifacts, are what it bears.
_maven_turns = threading.Semaphore(2)


class FetchFailed(Exception):
    """One way to Maven Central did not lead to the part. Half a sentence, for the list of what was tried."""


def with_maven(part: Part, report: Callable[[str], None]) -> None:
    """Have Maven fetch the part into the user's own cache, with the user's mirrors and proxies.

    Raises:
        FetchFailed: Maven is not installed, or did not fetch it.
    """
    if not (maven := shutil.which("mvn")):
        raise FetchFailed("Maven is not installed")
    with _maven_turns:
        report(f"fetching {part.name} {part.version} with Maven")
        _run(
            "Maven",
            [
                *(maven, "--quiet", "--batch-mode", "--strict-checksums", "dependency:get"),
                *(f"-Dartifact={part.coordinates}", "-Dtransitive=false"),
            ],
        )


def with_maven_artifact(part: Part, target: Path, report: Callable[[str], None]) -> None:
    """Have maven-artifact fetch the part to a file.

    A part that is taken on its repository's word is compared with the repository's checksum.

    Raises:
        FetchFailed: the package is not installed, or did not fetch it, or not the file the checksum says.
    """
    if importlib.util.find_spec("maven_artifact") is None:
        raise FetchFailed("the Python package maven-artifact is not installed")
    report(f"fetching {part.name} {part.version}")
    coordinates = ":".join([part.group, part.name, part.packaging, part.version])
    command = [*(sys.executable, "-m", "maven_artifact.main", "--hash-type", "sha1"), coordinates, str(target)]
    _run("maven-artifact", command)
    # Only a second call, which finds the file, reads the checksum.
    if part.or_published and "already up to date" not in _run("maven-artifact", command):
        raise FetchFailed("what maven-artifact fetched has another checksum than the repository states")


def _run(client: str, command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"{client} did not end within {_PATIENCE:.0f} s") from None
    if done.returncode:
        raise FetchFailed(f"{client} answered: {_gist(done.stdout + done.stderr)}")
    return done.stdout


def _gist(output: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("[ERROR]")] or lines[-2:]
    # The cause stands at the end of Maven's line, the address of the registry, which nobody needs, behind it.
    told = " ".join(errors[:1] if errors[0].startswith("[ERROR]") else errors) if errors else "nothing"
    return re.sub(r"(\(| from )https?://\S+", "", told).strip()[-200:]
