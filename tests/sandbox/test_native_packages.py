"""The folder of native packages: what is kept of an installation, and when it is made."""

import sys
from pathlib import Path

import pytest

from sandbox import native_packages as subject
from sandbox.failure import SandboxError


def install(target: Path) -> None:
    """Write the files that uv leaves for one native and one pure distribution."""
    for name, files in {"frost": ["_it.cpython-311.so", "__init__.py"], "pure": ["__init__.py"]}.items():
        (target / name).mkdir(parents=True)
        for file in files:
            (target / name / file).write_text(file)
        (target / f"{name}-1.0.dist-info").mkdir()
        record = [f"{name}/{file},sha256=x,1" for file in files] + ["../../bin/frost.so,sha256=x,1"]
        (target / f"{name}-1.0.dist-info" / "RECORD").write_text("\n".join(record))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []

    def installed(what: str, *arguments: str) -> None:
        made.append(arguments)
        install(Path(arguments[arguments.index("--target") + 1]))

    monkeypatch.setattr(subject, "install", installed)
    return made


def requirements(tmp_path: Path, text: str = "frost==1.0") -> list[Path]:
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    return [path]


def test_keeps_native_files_by_distribution(tmp_path: Path, calls: list[tuple[str, ...]]) -> None:
    folder = subject.native_packages(tmp_path, Path(sys.executable), print, requirements(tmp_path))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"frost-1.0/frost/_it.cpython-311.so"}
    assert {path.name for path in folder.iterdir()} == {"frost-1.0", "pure-1.0"}
    assert "--require-hashes" in calls[0]


def test_is_made_once_for_the_same_requirements(tmp_path: Path, calls: list[tuple[str, ...]]) -> None:
    first = subject.native_packages(tmp_path, Path(sys.executable), print, requirements(tmp_path))
    again = subject.native_packages(tmp_path, Path(sys.executable), print, requirements(tmp_path))
    other = subject.native_packages(tmp_path, Path(sys.executable), print, requirements(tmp_path, "frost==2.0"))
    assert (first == again, first == other, len(calls)) == (True, False, 2)


def test_failed_installation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(what: str, *arguments: str) -> None:
        raise SandboxError(f"{what} could not be installed")

    monkeypatch.setattr(subject, "install", installed)
    with pytest.raises(SandboxError, match="native packages could not be installed"):
        subject.native_packages(tmp_path / "cache", Path(sys.executable), print, requirements(tmp_path))
    assert list((tmp_path / "cache").iterdir()) == []


def test_every_function_of_the_checkout_is_meant() -> None:
    assert {path.parent.name for path in subject.requirement_files()} >= {"ask", "provisioner"}
