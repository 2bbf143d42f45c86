import os
from pathlib import Path

import pytest

from sandbox.cache import cache_directory


def test_the_setting_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for user in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert cache_directory({"OSML_CACHE": str(tmp_path), "XDG_CACHE_HOME": "/other"}) == tmp_path


def test_root_keeps_it_where_others_may_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert cache_directory({"XDG_CACHE_HOME": "/other"}) == Path("/var/cache/osml")


def test_a_user_keeps_it_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "osml"
    assert cache_directory({}) == Path.home() / ".cache" / "osml"
