"""Bytecode in a function's bundle is used whatever the times of files are, and only by the Python that it is for."""

import subprocess
import sys
from pathlib import Path

import pytest

from opensearch_ml.engine.bytecode import VERSION, compile_modules, compiled_for
from opensearch_ml.engine.function_bundle import PYTHON, hash_of

pytestmark = pytest.mark.thorough

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VERSION, raising=False)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "good.py").write_text("SAID = 1\n")
    (tmp_path / "broken.py").write_text("def\n")
    return tmp_path


def run(folder: Path, code: str) -> str:
    command = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_modules_are_loaded_without_their_source(folder: Path) -> None:
    compile_modules(folder, RUNNING)
    (folder / "part" / "good.py").write_text("SAID = 2\n")
    assert run(folder, "from part import good; print(good.SAID)") == "1"


@pytest.mark.parametrize("version", ["9.9", "3.99"])
def test_a_version_that_this_machine_does_not_have_is_left_out(folder: Path, version: str) -> None:
    compile_modules(folder, version)
    assert list(folder.rglob("*.pyc")) == []


def test_the_local_clouds_version_is_that_of_its_python(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VERSION, RUNNING)
    compile_modules(folder, "9.9")
    assert [path.name.partition(".")[0] for path in folder.rglob("*.pyc")] == ["good"]


def test_a_version_of_pyenv_is_chosen(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tmp_path / "chosen"
    script = tmp_path / "python3.98"
    script.write_text(f'#!/bin/sh\necho "$PYENV_VERSION" > {chosen}\nexit 127\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    compile_modules(folder, "3.98")
    assert chosen.read_text() == "3.98\n"


def test_an_asset_with_other_bytecode_is_another_asset(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CDK takes an asset with the same hash from its output folder, whichever Python has compiled it."""
    hashes = {}
    for version in ("9.9", RUNNING):
        monkeypatch.setenv(VERSION, version)
        hashes[compiled_for(PYTHON)] = hash_of([folder])
    assert set(hashes) == {"", RUNNING}
    assert len(set(hashes.values())) == 2
