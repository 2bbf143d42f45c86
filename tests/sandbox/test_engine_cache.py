import os
from pathlib import Path

import pytest

from sandbox.cache import appearing, cache_directory


def test_the_setting_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for user in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert cache_directory({"OSML_CACHE": str(tmp_path), "XDG_CACHE_HOME": "/other"}) == tmp_path


def test_the_cache_of_root_is_where_others_may_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert cache_directory({"XDG_CACHE_HOME": "/other"}) == Path("/var/cache/osml")


def test_the_cache_of_a_user_is_in_their_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "osml"
    assert cache_directory({}) == Path.home() / ".cache" / "osml"


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "engine"
    with appearing(folder) as building:
        building.mkdir()
        (building / "part").touch()
        assert not folder.exists()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["engine"]
    assert (folder / "part").exists()


def test_the_quicker_ones_folder_stays(tmp_path: Path) -> None:
    folder = tmp_path / "engine"
    with appearing(folder) as building:
        building.mkdir()
        folder.mkdir()
        (folder / "theirs").touch()
    assert [path.name for path in folder.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [folder]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), appearing(tmp_path / "engine") as building:
        (building / "part").touch()
    assert list(tmp_path.iterdir()) == []
