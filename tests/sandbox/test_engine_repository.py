import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.engine import remote
from sandbox.engine.errors import ChecksumMismatch, PartMissing
from sandbox.engine.line import PUBLISHED, Part
from sandbox.engine.remote import SETTING, repositories
from sandbox.engine.repository import RepositorySources, sources
from tests.sandbox.maven_server import MavenServer, maven_server

CONTENT = b"the one and only"
PART = Part("org.example", "thing", "1.0", "jar", hashlib.sha256(CONTENT).hexdigest())
NEWER = Part("org.example", "thing", "2.0", "jar", PUBLISHED)


def put(repository: Path, content: bytes = CONTENT, part: Part = PART) -> Path:
    file = repository / part.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MavenServer]:
    with maven_server(tmp_path / "served") as running:
        yield running


@pytest.fixture
def places(tmp_path: Path, server: MavenServer) -> RepositorySources:
    folders = (tmp_path / "first", tmp_path / "second")
    return RepositorySources(folders, tmp_path / "ours", tmp_path / "m2", (server.address,))


def fetch(places: RepositorySources, *choices: Part) -> tuple[Path, int]:
    """The fetched file, and the bytes that the progress display got."""
    sizes: list[int] = []
    return places.fetch(choices, sizes.append), sum(sizes)


def test_folders_are_looked_at_in_order(places: RepositorySources) -> None:
    files = [put(place) for place in (*places.folders, places.downloads, places.maven_cache)]
    for file in files:
        assert places.local([PART]) == file
        file.unlink()
    assert places.local([PART]) is None


def test_what_was_fetched_is_kept_for_the_next_time(places: RepositorySources, server: MavenServer) -> None:
    put(server.folder)
    file, size = fetch(places, PART)
    assert (file.read_bytes(), size, places.size([PART])) == (CONTENT, len(CONTENT), len(CONTENT))
    assert places.local([PART]) == file
    assert [path.name for path in places.downloads.iterdir()] == ["org"]
    assert not places.maven_cache.exists()


@pytest.mark.parametrize("place", ["first", "m2"])
def test_a_corrupted_copy_of_somebody_else_is_refused(places: RepositorySources, tmp_path: Path, place: str) -> None:
    file = put(tmp_path / place, b"something else")
    with pytest.raises(ChecksumMismatch, match=r"org\.example:thing:1\.0") as raised:
        places.local([PART])
    assert str(file) in str(raised.value)


def test_a_corrupted_download_of_ours_is_fetched_again(places: RepositorySources, server: MavenServer) -> None:
    put(places.downloads, b"cut sho")
    assert places.local([PART]) is None
    put(server.folder)
    assert fetch(places, PART)[0].read_bytes() == CONTENT


def test_a_wrong_download_is_refused_and_not_kept(places: RepositorySources, server: MavenServer) -> None:
    put(server.folder, b"evil")
    with pytest.raises(ChecksumMismatch, match="SHA-256"):
        fetch(places, PART)
    assert not (places.downloads / PART.path).exists()


def test_a_download_that_breaks_off_is_begun_again_and_counted_once(
    places: RepositorySources, server: MavenServer
) -> None:
    put(server.folder)
    server.cut = 2
    file, size = fetch(places, PART)
    assert (file.read_bytes(), size) == (CONTENT, len(CONTENT))
    assert len(server.requested) == 3


def test_a_download_that_always_fails_is_reported(places: RepositorySources, server: MavenServer) -> None:
    put(server.folder)
    server.cut = 9
    with pytest.raises(PartMissing, match="answered"):
        fetch(places, PART)
    assert not (places.downloads / PART.path).exists()


def test_the_first_choice_that_is_served_is_taken(places: RepositorySources, server: MavenServer) -> None:
    put(server.folder)
    assert fetch(places, NEWER, PART)[0].name == PART.filename
    newer = put(server.folder, b"newer", NEWER)
    newer.with_name(newer.name + ".sha1").write_text(hashlib.sha1(b"newer").hexdigest() + "  thing-2.0.jar")  # noqa: S324
    assert fetch(places, NEWER, PART)[0].read_bytes() == b"newer"
    assert places.local([NEWER, PART]) == places.downloads / NEWER.path


@pytest.mark.parametrize("stated", ["", "0" * 40])
def test_a_published_part_needs_a_checksum_of_its_repository(
    places: RepositorySources, server: MavenServer, stated: str
) -> None:
    newer = put(server.folder, b"newer", NEWER)
    if stated:
        newer.with_name(newer.name + ".sha1").write_text(stated)
    with pytest.raises((ChecksumMismatch, PartMissing), match=r"checksum|states"):
        fetch(places, NEWER)
    assert not (places.downloads / NEWER.path).exists()


def test_a_missing_part_is_one_sentence(places: RepositorySources, server: MavenServer) -> None:
    elsewhere = replace(places, addresses=(server.address.replace("//", "//user:secret@"),))
    with pytest.raises(PartMissing) as raised:
        fetch(elsewhere, PART)
    message = str(raised.value)
    for told_of in (PART.coordinates, PART.path, SETTING, "does not serve it", "OpenSearch of your own"):
        assert told_of in message
    assert all(str(place) in message for place in (*places.folders, places.downloads, places.maven_cache))
    assert "secret" not in message


def test_an_unreachable_address_is_reported_without_its_password(places: RepositorySources) -> None:
    nobody = replace(places, addresses=("http://user:secret@127.0.0.1:9",))
    with pytest.raises(PartMissing, match="answered") as raised:
        fetch(nobody, PART)
    assert "secret" not in str(raised.value)


def test_the_setting_comes_before_all_else(tmp_path: Path) -> None:
    setting = {SETTING: f"{tmp_path / 'a'}, https://mirror.example/maven,{tmp_path / 'b'}"}
    cited = sources(tmp_path / "cache", setting)
    assert list(cited.folders) == [tmp_path / "a", tmp_path / "b"]
    assert cited.addresses[0] == "https://mirror.example/maven"
    assert cited.downloads == tmp_path / "cache" / "maven"


def test_the_user_s_mirror_stands_for_maven_central(tmp_path: Path) -> None:
    [central] = repositories({}, tmp_path)
    (tmp_path / ".m2").mkdir()
    settings = tmp_path / ".m2" / "settings.xml"
    mirror = "<mirror><mirrorOf>{}</mirrorOf><url>https://mirror.example/maven</url></mirror>"
    chosen = "https://mirror.example/maven"
    for named, expected in (("central", chosen), ("*,!other", chosen), ("snapshots", central)):
        body = f"<mirrors>{mirror.format(named)}</mirrors>"
        settings.write_text(f'<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">{body}</settings>')
        assert repositories({}, tmp_path) == [expected], named
    settings.write_text("no XML")
    assert repositories({}, tmp_path) == [central]


def test_a_size_that_nobody_states_is_zero(places: RepositorySources) -> None:
    assert remote.size("http://127.0.0.1:9", PART) == 0
    assert places.size([PART]) == 0
