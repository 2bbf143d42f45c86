"""The published packages: they pass twine's check, and the command line works from a wheel, without a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Packages whose names osml also has.
FOREIGN = ("settings", "sources", "agents", "aws", "sandbox")
UV = str(Path(sys.executable).with_name("uv"))
# `make checkers` installs it.
TWINE = ROOT / ".venv-checkers" / "bin" / "twine"
# The construct library has only a wheel, because it includes sources from outside its folder.
BUILDS = {".": (), "sandbox": (), "constructs": ("--wheel",)}
FOLDERS = ("osml", "sandbox", "settings", "stacks", "constructs", "lambda", "web")
SOURCES = (*FOLDERS, "pyproject.toml", "setup.py", "LICENSE")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all packages, built from a copy: setuptools leaves its own folders beside the source."""
    work = tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        source, copy = ROOT / name, work / "src" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
        else:
            shutil.copy(source, copy)
    for folder, options in BUILDS.items():
        build = [UV, "build", "--quiet", *options, "--out-dir", str(work / "dist"), str(work / "src" / folder)]
        subprocess.run(build, check=True, capture_output=True, text=True)
    return work / "dist"


@pytest.fixture(scope="module")
def site(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of `pip install osml osml-sandbox` in another project, which has packages with the same names."""
    site = tmp_path_factory.mktemp("site")
    for name in FOREIGN:
        (site / name).mkdir()
        (site / name / "__init__.py").write_text('OWNER = "the project"\n')
    install = [UV, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", str(site)]
    wheels = [str(wheel) for wheel in (*dist.glob("osml-*.whl"), *dist.glob("osml_sandbox-*.whl"))]
    subprocess.run([*install, *wheels], check=True, capture_output=True, text=True)
    return site


def ran(site: Path, folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the wheel's `osml` in a folder that is no checkout."""
    where = f"import osml; assert osml.__file__.startswith({str(site)!r})"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OSML_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-c", f"{where}; from osml.main import main; main()", *arguments],
        cwd=folder,
        env={**own, "PYTHONPATH": str(site), "COLUMNS": "200", **more},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_what_would_be_published_passes_twines_strict_check(dist: Path) -> None:
    files = sorted(file for file in dist.iterdir() if file.suffix in (".whl", ".gz"))
    assert [file.name.partition("-")[0] for file in files] == [
        "opensearch_ml_constructs",
        *["osml"] * 2,
        *["osml_sandbox"] * 2,
    ]
    assert TWINE.exists(), "run `make checkers`"
    checked = subprocess.run(
        [str(TWINE), "check", "--strict", *map(str, files)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("distribution", ["osml", "osml_sandbox"])
def test_the_wheel_adds_no_name_but_its_own(dist: Path, distribution: str) -> None:
    (wheel,) = dist.glob(f"{distribution}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.partition("/")[0] for name in archive.namelist()}
        (names,) = [name for name in archive.namelist() if name.endswith(".dist-info/top_level.txt")]
        assert archive.read(names).decode().split() == ["osml"]
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"osml"}


def test_packages_of_the_same_names_stay_importable_beside_it(site: Path, tmp_path: Path) -> None:
    for name in FOREIGN:
        code = f"import osml, {name}; print({name}.OWNER)"
        seen = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert seen.stdout == "the project\n", seen.stderr


def test_the_command_line_finds_the_local_cloud_of_its_own_wheel(site: Path, tmp_path: Path) -> None:
    """The same holds for a process of the local cloud, which starts in the folder above its package."""
    code = "import osml.library, sandbox.instance as i; print(i.__file__, i.CHECKOUT)"
    seen = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    library = site / "osml" / "_library"
    assert seen.stdout.split() == [str(library / "sandbox" / "instance.py"), str(library)], seen.stderr


def test_an_environment_is_begun_without_a_checkout(site: Path, tmp_path: Path) -> None:
    choices = ("--search", "serverless", "--embedding", "titan", "--answer", "nova", "--sign-in", "people")
    begun = ran(site, tmp_path, "init", "team", *choices)
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert sorted(file.name for file in (tmp_path / "environments").iterdir()) == ["schema.json", "team.yaml"]
    cost = ran(site, tmp_path, "cost", "--env", "team", AWS_REGION="us-east-1")
    assert (cost.returncode, "USD a month" in cost.stdout) == (0, True), cost.stdout + cost.stderr


def test_an_app_of_ones_own_is_begun_without_a_checkout(site: Path, tmp_path: Path) -> None:
    choices = ("--search", "domain", "--embedding", "titan", "--answer", "nova", "--app", "own")
    begun = ran(site, tmp_path, "init", "team", *choices)
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert (tmp_path / "own" / "cdk.json").is_file()
    elsewhere = ran(site, tmp_path, "up")
    assert elsewhere.returncode == 1
    assert f"There is no cdk.json in {tmp_path}. Run `osml up` in the folder of an app" in elsewhere.stderr
    # Nothing is started before the command line of the CDK is there.
    lacking = ran(site, tmp_path / "own", "up", PATH=str(tmp_path), OSML_SANDBOX="never-started")
    assert (lacking.returncode, "The CDK command line" in lacking.stderr) == (1, True), lacking.stderr


def test_a_deploy_says_that_it_needs_a_checkout(site: Path, tmp_path: Path) -> None:
    ran(
        site,
        tmp_path,
        "init",
        "team",
        *("--search", "domain", "--embedding", "titan", "--answer", "none"),
        "--sign-in",
        "nobody",
    )
    refused = ran(site, tmp_path, "deploy", "--env", "team", "--yes", AWS_REGION="us-east-1")
    assert refused.returncode == 1
    assert "This command needs the CDK app of the osml repository" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_its_commands(site: Path, tmp_path: Path, shell: str) -> None:
    words = {
        "COMP_WORDS": "osml in",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "osml in",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    completed = ran(site, tmp_path, _OSML_COMPLETE=f"complete_{shell}", **words)
    assert "init" in completed.stdout, completed.stdout + completed.stderr
