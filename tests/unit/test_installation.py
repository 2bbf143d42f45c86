"""Everything that `make` installs is checked by its hash, including what builds the editable installation."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLS = [
    line.strip()
    for file in ("Makefile", "stacks/delivery.py")
    for line in (ROOT / file).read_text().splitlines()
    if re.search(r"pip (install|sync)\b", line)
]
LOCKED = sorted(file for pattern in ("", "sandbox/", "tests/*/") for file in ROOT.glob(f"{pattern}requirements*.txt"))
OF_NODE = [ROOT / "package-lock.json", *sorted(ROOT.glob("tests/*/package-lock.json"))]


@pytest.mark.parametrize("line", INSTALLS)
def test_each_installation_checks_hashes_or_builds_with_what_was_checked(line: str) -> None:
    assert "--require-hashes" in line or ("--no-deps" in line and "--no-build-isolation" in line)


@pytest.mark.parametrize("project", [".", "sandbox"])
def test_what_builds_is_locked(project: str) -> None:
    build = tomllib.loads((ROOT / project / "pyproject.toml").read_text())["build-system"]["requires"]
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["build"]
    assert build == group
    for file in ("requirements.txt", "requirements-dev.txt"):
        assert all(f"{item} \\\n    --hash=" in (ROOT / file).read_text() for item in build)


@pytest.mark.parametrize("file", LOCKED, ids=lambda file: file.name)
def test_each_locked_package_has_its_hash(file: Path) -> None:
    packages = re.findall(r"^[a-z0-9A-Z_.\[\]-]+==.*$", file.read_text(), re.MULTILINE)
    assert packages
    assert [package for package in packages if not package.endswith("\\")] == []


@pytest.mark.parametrize("file", OF_NODE, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_locked_package_of_node_has_its_hash(file: Path) -> None:
    packages = {name: package for name, package in json.loads(file.read_text())["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []
    recipes = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t")]
    # Only `npm ci` keeps to the lock file.
    assert {word for line in recipes for word in re.findall(r"npm (\w+)", line)} == {"ci"}
