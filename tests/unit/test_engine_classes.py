from pathlib import Path

import pytest

from sandbox.engine import classes, node
from sandbox.engine.classes import archive_classes
from sandbox.engine.command import class_archive, command
from sandbox.engine.errors import NotReady
from sandbox.engine.java import Java

# Writes its archive when it is asked to end, as Java does.
ENGINE = """#!/bin/sh
for argument; do case $argument in -XX:ArchiveClassesAtExit=*) archive=${argument#*=};; esac; done
trap 'WRITE; exit 143' TERM
touch started
while :; do sleep 0.01; done
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(node, "identity", lambda: None)
    monkeypatch.setattr(classes, "ready", started)
    (tmp_path / "engine" / "config" / "opensearch-security").mkdir(parents=True)
    return tmp_path / "engine"


def started(*_: object, log: Path, **__: object) -> None:
    while not (log.parents[1] / "started").exists():
        """The shell sets its trap first."""


def java(tmp_path: Path, write: str) -> Java:
    executable = tmp_path / "jdk" / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(ENGINE.replace("WRITE", write))
    executable.chmod(0o755)
    return Java(tmp_path / "jdk", 25, frozenset(), frozenset())


def test_the_archive_appears_and_later_starts_use_it(tmp_path: Path, home: Path) -> None:
    found = java(tmp_path, 'echo classes > "$archive"')
    archive = class_archive(home, found)
    flag = f"-XX:SharedArchiveFile={archive}"
    assert flag not in command(home, found, tmp_path)
    archive_classes(home, found, lambda line: None)
    assert archive.read_text() == "classes\n"
    assert flag in command(home, found, tmp_path)
    assert list(archive.parent.iterdir()) == [archive]


def test_it_is_made_once(tmp_path: Path, home: Path) -> None:
    found = java(tmp_path, 'echo classes > "$archive"')
    archive_classes(home, found, lambda line: None)
    lines: list[str] = []
    archive_classes(home, found, lines.append)
    assert lines == []


def test_a_java_that_writes_none_is_no_failure(tmp_path: Path, home: Path) -> None:
    lines: list[str] = []
    archive_classes(home, java(tmp_path, ":"), lines.append)
    assert lines[-1].startswith("Java wrote no archive")


def test_an_engine_that_does_not_start_leaves_nothing(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_ready(*_: object, **__: object) -> None:
        raise NotReady("no")

    monkeypatch.setattr(classes, "ready", not_ready)
    found = java(tmp_path, 'echo classes > "$archive"')
    with pytest.raises(NotReady):
        archive_classes(home, found, lambda line: None)
    assert list(class_archive(home, found).parent.iterdir()) == []
