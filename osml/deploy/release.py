"""Builds the distributions of a version into `dist/`, a folder for each: `python -m osml.deploy.release v1.2.0`.

The build tools are installed by their hashes. `make dist` runs this, and checks the distributions with twine.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from osml.deploy import vocabulary
from osml.failure import Failure

ROOT = Path(__file__).resolve().parents[2]
# The construct library includes sources from outside its folder, so it has only a wheel.
FOLDERS = {"osml": ".", "osml-sandbox": "sandbox", "opensearch-ml-constructs": "constructs"}
WHEEL_ONLY = ("opensearch-ml-constructs",)
# `npm ci` copies it there.
FORMULAS = ROOT / "web" / "temml" / "temml.min.js"
# https://semver.org without build metadata, which PyPI does not accept. A release candidate is `1.2.0rc1`.
TAG = re.compile(r"v(?P<version>(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(rc[1-9]\d*)?)")
_BUILD = ("build", "--quiet", "--require-hashes", "--build-constraints")


def version_of(tag: str, root: Path = ROOT) -> str:
    """The version that `tag` names. Raises Failure if it is none, or a distribution or the changelog has another."""
    named = TAG.fullmatch(tag)
    if not named:
        raise Failure(f"The tag {tag!r} is not a version: write v1.2.0, or v1.2.0rc1 before it.")
    version = named["version"]
    for name, folder in FOLDERS.items():
        own = tomllib.loads((root / folder / "pyproject.toml").read_text())["project"]["version"]
        if own != version:
            raise Failure(
                f"The tag is {tag}, but {folder}/pyproject.toml has {own} for {name}. Set its version to {version}.",
            )
    headings = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    newest = headings[0] if headings else "nothing"
    if newest != version:
        raise Failure(
            f"The tag is {tag}, but CHANGELOG.md begins with {newest!r}. Write `## {version}` above its entries.",
        )
    return version


def build(into: Path, root: Path = ROOT) -> None:
    """Build every distribution of the checkout `root`, each into a folder of its name. Raises Failure."""
    for file, is_there in ((vocabulary.FILE, vocabulary.is_whole(vocabulary.FILE)), (FORMULAS, FORMULAS.is_file())):
        if not is_there:
            raise Failure(f"{file} is missing. Run `make install`.")
    shutil.rmtree(into, ignore_errors=True)
    for name, folder in FOLDERS.items():
        # Otherwise the distribution would include files of an earlier build.
        shutil.rmtree(root / folder / "build", ignore_errors=True)
        kind = ["--wheel"] if name in WHEEL_ONLY else []
        arguments = [*_BUILD, str(root / "requirements.txt"), *kind, "--out-dir", str(into / name), str(root / folder)]
        done = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"{name} could not be built:\n{done.stderr.strip()}")


if __name__ == "__main__":
    try:
        print(f"Building {version_of(next(iter(sys.argv[1:]), ''))} …")
        build(ROOT / "dist")
    except Failure as failure:
        sys.exit(f"✗ {failure}")
