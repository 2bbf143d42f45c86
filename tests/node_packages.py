"""Node.js packages for tests of the project; they are installed separately from its own, at the first use."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.cache import appearing, cache_directory


def installed(name: str, files: Sequence[Path]) -> Path:
    """A folder with the `files`, which include package.json and package-lock.json, and the packages that these name."""
    folder = cached(name, *files)
    if not folder.exists():
        with appearing(folder) as building:
            building.mkdir()
            for file in files:
                shutil.copy(file, building)
            quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"]
            # Like the Makefile, uses the npm of requirements-node.txt, if it is installed.
            path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
            # The local cloud's variables name only its own certificate authority; a package registry may have one of
            # the machine's.
            roots = {"NODE_EXTRA_CA_CERTS": os.environ["SSL_CERT_FILE"]} if "SSL_CERT_FILE" in os.environ else {}
            environment = {**os.environ, "PATH": path, **roots}
            subprocess.run(["npm", "ci", *quiet], cwd=building, env=environment, check=True)
    return folder


def cached(name: str, *files: Path) -> Path:
    """The cache folder for these files, whose name contains their digest."""
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]
    return cache_directory() / f"{name}-{digest}"
