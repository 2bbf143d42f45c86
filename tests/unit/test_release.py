"""A tag is published only if every distribution and the changelog have its version."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from osml.deploy import release
from osml.deploy.release import FOLDERS, version_of
from osml.failure import Failure

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"


def checkout(root: Path, versions: dict[str, str], heading: str) -> Path:
    for name, folder in FOLDERS.items():
        (root / folder).mkdir(exist_ok=True)
        project = f'[project]\nname = "{name}"\nversion = "{versions[name]}"\n'
        (root / folder / "pyproject.toml").write_text(project)
    (root / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- New: this.\n\n## 0.9.0\n")
    return root


@pytest.mark.parametrize(("tag", "version"), [("v1.2.0", "1.2.0"), ("v0.10.3", "0.10.3"), ("v2.0.0rc1", "2.0.0rc1")])
def test_a_tag_names_the_version_that_all_have(tmp_path: Path, tag: str, version: str) -> None:
    same = dict.fromkeys(FOLDERS, version)
    assert version_of(tag, checkout(tmp_path, same, f"## {version} (2026-12-01)")) == version


@pytest.mark.parametrize("tag", ["1.2.0", "v1.2", "v1.02.0", "v1.2.0-rc1", "v1.2.0+local", "release", ""])
def test_a_tag_that_is_no_version_is_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(Failure, match=r"is not a version: write v1\.2\.0"):
        version_of(tag, checkout(tmp_path, dict.fromkeys(FOLDERS, "1.2.0"), "## 1.2.0"))


def test_without_a_tag_it_says_what_to_write() -> None:
    done = subprocess.run(
        [sys.executable, "-m", release.__name__], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("✗ The tag '' is not a version: write v1.2.0")


@pytest.mark.parametrize("name", FOLDERS)
def test_a_distribution_of_another_version_is_refused(tmp_path: Path, name: str) -> None:
    versions = {**dict.fromkeys(FOLDERS, "1.2.0"), name: "1.1.0"}
    with pytest.raises(
        Failure, match=rf"{FOLDERS[name]}/pyproject\.toml has 1\.1\.0 for {name}\. Set its version to 1"
    ):
        version_of("v1.2.0", checkout(tmp_path, versions, "## 1.2.0"))


@pytest.mark.parametrize(("heading", "said"), [("## Unreleased", "Unreleased"), ("## 1.1.0", "1.1.0"), ("", "0.9.0")])
def test_a_changelog_that_begins_with_another_version_is_refused(tmp_path: Path, heading: str, said: str) -> None:
    with pytest.raises(Failure, match=rf"CHANGELOG\.md begins with '{re.escape(said)}'\. Write `## 1\.2\.0` above"):
        version_of("v1.2.0", checkout(tmp_path, dict.fromkeys(FOLDERS, "1.2.0"), heading))


def test_nothing_is_built_without_what_an_installation_fetches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "FORMULAS", tmp_path / "temml.min.js")
    with pytest.raises(Failure, match=r"temml\.min\.js is missing. Run `make install`\."):
        release.build(tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_all_distributions_of_this_checkout_have_one_version() -> None:
    versions = {
        re.findall(r'^version = "(.+)"$', (ROOT / folder / "pyproject.toml").read_text(), re.MULTILINE)[0]
        for folder in FOLDERS.values()
    }
    assert len(versions) == 1


def jobs() -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = yaml.safe_load((WORKFLOWS / "release.yml").read_text())["jobs"]
    return by_name


def test_every_action_is_one_commit() -> None:
    for file in WORKFLOWS.iterdir():
        for action in re.findall(r"uses: (\S+)", file.read_text()):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action


def test_what_is_published_was_checked_and_only_that_step_gets_a_token() -> None:
    build, publish = jobs()["build"], jobs()["publish"]
    assert publish["needs"] == "build"
    assert build["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["environment"] == "pypi"
    assert publish["strategy"]["matrix"]["distribution"] == [*FOLDERS]
    assert not [step for step in publish["steps"] if "run" in step]
    commands = [step["run"] for step in build["steps"] if "run" in step]
    root = 'sudo env "PATH=$PATH" '
    assert commands == [f"{root}CI=true .ci/run", f'{root}make dist TAG="$GITHUB_REF_NAME"']
