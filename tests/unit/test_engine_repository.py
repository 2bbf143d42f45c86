import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.engine import central
from sandbox.engine.errors import ChecksumMismatch, PartMissing
from sandbox.engine.parts import Part
from sandbox.engine.repository import SETTING, Sources, sources

CONTENT = b"the one and only"
PART = Part("org.example", "thing", "1.0", "jar", hashlib.sha256(CONTENT).hexdigest())
OTHER = Part("org.example", "thing", "1.0", "jar", "0" * 64, or_published=True)

Fetch = Callable[..., None]


def silent(line: str) -> None:
    """Takes progress and tells nobody."""


def put(repository: Path, content: bytes = CONTENT) -> Path:
    file = repository / PART.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def places(tmp_path: Path) -> Sources:
    return Sources((tmp_path / "first", tmp_path / "second"), tmp_path / "ours", tmp_path / "m2")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, places: Sources) -> list[str]:
    """No Maven; maven-artifact delivers. Says which client was asked."""
    asked: list[str] = []

    def with_maven(part: Part, report: Fetch) -> None:
        asked.append("maven")
        raise central.FetchFailed("Maven is not installed")

    def with_maven_artifact(part: Part, target: Path, report: Fetch) -> None:
        asked.append("maven-artifact")
        target.write_bytes(CONTENT)

    monkeypatch.setattr(central, "with_maven", with_maven)
    monkeypatch.setattr(central, "with_maven_artifact", with_maven_artifact)
    return asked


def test_places_are_tried_in_order(places: Sources, fetched: list[str]) -> None:
    inner = [*places.folders, places.downloads, places.maven_cache]
    files = [put(place) for place in inner]
    for file in files:
        assert places.obtain(PART, silent) == file
        file.unlink()
    assert places.obtain(PART, silent) == places.downloads / PART.path
    assert fetched == ["maven", "maven-artifact"]


def test_what_was_fetched_is_kept_for_the_next_time(places: Sources, fetched: list[str]) -> None:
    first = places.obtain(PART, silent)
    assert places.obtain(PART, silent) == first
    assert fetched == ["maven", "maven-artifact"]
    assert not places.maven_cache.exists()


@pytest.mark.parametrize("place", ["first", "m2"])
def test_a_corrupted_copy_is_refused(places: Sources, tmp_path: Path, place: str) -> None:
    file = put(tmp_path / place, b"something else")
    with pytest.raises(ChecksumMismatch, match=r"org\.example:thing:1\.0") as raised:
        places.obtain(PART, silent)
    assert str(file) in str(raised.value)


def test_a_corrupted_download_of_ours_is_fetched_again(places: Sources, fetched: list[str]) -> None:
    put(places.downloads, b"cut sho")
    assert places.obtain(PART, silent).read_bytes() == CONTENT
    assert fetched == ["maven", "maven-artifact"]


def test_a_wrong_download_is_refused_and_not_kept(
    places: Sources, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(central, "with_maven_artifact", lambda part, target, report: target.write_bytes(b"evil"))
    with pytest.raises(ChecksumMismatch):
        places.obtain(PART, silent)
    assert not (places.downloads / PART.path).exists()


def test_a_file_that_its_own_repository_disowns_is_refused(places: Sources) -> None:
    file = put(places.folders[0])
    file.with_name(file.name + ".sha1").write_text("f" * 40)
    with pytest.raises(ChecksumMismatch, match="sha1"):
        places.obtain(PART, silent)


def test_a_published_file_counts_when_its_repository_states_the_checksum(places: Sources) -> None:
    file = put(places.folders[0])
    with pytest.raises(ChecksumMismatch):
        places.obtain(OTHER, silent)
    file.with_name(file.name + ".sha1").write_text(hashlib.sha1(CONTENT).hexdigest() + "  thing-1.0.jar\n")  # noqa: S324
    assert places.obtain(OTHER, silent) == file


def test_a_published_file_counts_when_maven_recorded_its_download(places: Sources) -> None:
    file = put(places.maven_cache)
    with pytest.raises(ChecksumMismatch):
        places.obtain(OTHER, silent)
    file.with_name("_remote.repositories").write_text(f"{file.name}>central=\n")
    assert places.obtain(OTHER, silent) == file


def test_a_missing_part_is_told_in_a_sentence(places: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise central.FetchFailed("nobody is at home")

    monkeypatch.setattr(central, "with_maven", nothing)
    monkeypatch.setattr(central, "with_maven_artifact", nothing)
    with pytest.raises(PartMissing) as raised:
        places.obtain(PART, silent)
    told = str(raised.value)
    for told_of in (PART.coordinates, PART.path, SETTING, "nobody is at home", "OpenSearch of your own"):
        assert told_of in told
    assert all(str(place) in told for place in (*places.folders, places.downloads, places.maven_cache))


def test_offline_asks_nobody(places: Sources, fetched: list[str]) -> None:
    offline = Sources(places.folders, places.downloads, places.maven_cache, online=False)
    with pytest.raises(PartMissing, match="switched off"):
        offline.obtain(PART, silent)
    assert fetched == []


def test_the_setting_comes_before_all_else(tmp_path: Path) -> None:
    named = [tmp_path / "a", tmp_path / "b"]
    found = sources(tmp_path / "cache", {SETTING: os.pathsep.join(map(str, named))})
    assert list(found.folders[:2]) == named
    assert found.downloads == tmp_path / "cache" / "maven"


def test_without_maven_the_client_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(central.FetchFailed, match="not installed"):
        central.with_maven(PART, silent)
