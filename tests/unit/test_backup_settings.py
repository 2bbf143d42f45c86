"""Where an environment may have backups, and which backups it may restore."""

from pathlib import Path

import pytest

from settings import SettingError, load
from tests.unit.test_ingestion_settings import written


def test_backups_need_no_settings(tmp_path: Path) -> None:
    backup = load("dev", written(tmp_path, "dev", "backup: {}")).backup
    assert backup
    assert (backup.hours, backup.keep_days, backup.restores) == (24, 14, [])


@pytest.mark.parametrize(
    ("base", "more", "sentence"),
    [
        ("dev", "backup: {schedule: monthly}", "backup.schedule is 'monthly'"),
        ("dev", "backup: {keep_days: 0}", "backup.keep_days is 0, but must be 1 or more"),
        ("dev", "backup: {restores: [dev]}", "backup.restores names dev itself"),
        ("dev", "backup: {restores: [../prod]}", "backup.restores"),
        ("dev", "backup: {}\nkeeper: off", "backup needs the keeper, which takes the snapshots"),
        ("sandbox-aoss", "backup: {}", "Amazon takes a snapshot of a collection every hour"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, base: str, more: str, sentence: str) -> None:
    with pytest.raises(SettingError) as error:
        load(base, written(tmp_path, base, more))
    assert sentence in str(error.value)


def test_an_engine_of_ones_own_is_backed_up_by_its_owner(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "files" / "whole" / "self-managed.yaml").read_text()
    (tmp_path / "own.yaml").write_text(f"{text}\nbackup: {{}}\n")
    with pytest.raises(SettingError, match=r"search\.kind is 'self-managed'; remove backup, and back up the engine"):
        load("own", tmp_path)
