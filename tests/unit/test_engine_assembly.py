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
from sandbox.engine.parts import Module, Part, PartsList, Plugin
from sandbox.engine.repository import SETTING, Sources

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
        self.sources = Sources((folder,), folder / "none", folder / "none", online=False)

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
def listed(shelf: Shelf) -> PartsList:
    core = {"opensearch-1/bin/opensearch": "#!", "opensearch-1/lib/core.jar": "core", "opensearch-1/config/x.yml": ""}
    plugin = {
        "plugin-descriptor.properties": "name=guard\nextended.plugins=unheard-of\nversion=1",
        "guard.jar": "guard",
        "config/roles.yml": "roles",
    }
    return PartsList(
        version="1",
        core=shelf.put("core", "zip", zipped(core)),
        modules=(
            Module("script", "Scripts", "org.example.Script", (shelf.put("script", "jar", b"s"),), policy="grant {};"),
            Module("words", "Words", "org.example.Words", (shelf.put("words", "jar", b"w"),), ("script",), locale="th"),
        ),
        plugins=(Plugin("guard", shelf.put("guard", "zip", zipped(plugin)), (shelf.put("more", "jar", b"m"),), ()),),
        digest="0123456789abcdef",
    )


def make(cache: Path, listed: PartsList, shelf: Shelf, java: Java = JAVA, lines: list[str] | None = None) -> Path:
    return assemble(cache, (lines if lines is not None else []).append, java, listed=listed, places=shelf.sources)


def test_parts_go_to_their_folders(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    home = make(tmp_path / "cache", listed, shelf)
    assert (home / "lib" / "core.jar").read_text() == "core"
    assert {path.name for path in (home / "modules" / "script").iterdir()} == {
        "script-1.jar",
        "plugin-descriptor.properties",
        "plugin-security.policy",
    }
    descriptor = (home / "modules" / "words" / "plugin-descriptor.properties").read_text().splitlines()
    assert "classname=org.example.Words" in descriptor
    assert "extended.plugins=script" in descriptor
    assert (home / "plugins" / "guard" / "more-1.jar").read_bytes() == b"m"


def test_a_plugin_gets_its_configuration_and_its_extends_line_replaced(
    tmp_path: Path, listed: PartsList, shelf: Shelf
) -> None:
    home = make(tmp_path / "cache", listed, shelf)
    assert (home / "config" / "guard" / "roles.yml").read_text() == "roles"
    assert not (home / "plugins" / "guard" / "config").exists()
    descriptor = (home / "plugins" / "guard" / "plugin-descriptor.properties").read_text().splitlines()
    assert sorted(descriptor) == ["extended.plugins=", "name=guard", "version=1"]


def test_a_second_call_does_nothing(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    first = make(tmp_path / "cache", listed, shelf)
    made = first.stat().st_mtime_ns
    lines: list[str] = []
    assert make(tmp_path / "cache", listed, Shelf(tmp_path / "empty"), lines=lines) == first
    assert lines == []
    assert first.stat().st_mtime_ns == made
    assert list((tmp_path / "cache").iterdir()) == [first]


def test_another_list_makes_another_folder(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    first = make(tmp_path / "cache", listed, shelf)
    assert make(tmp_path / "cache", replace(listed, digest="fedcba9876543210"), shelf) != first


def test_a_java_without_the_locale_gets_an_engine_without_the_module(
    tmp_path: Path, listed: PartsList, shelf: Shelf
) -> None:
    home = make(tmp_path / "cache", listed, shelf, replace(JAVA, locales=frozenset({"en"})))
    assert [path.name for path in (home / "modules").iterdir()] == ["script"]
    assert home != make(tmp_path / "cache", listed, shelf)


def test_everybody_may_read_and_only_the_owner_write(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    home = make(tmp_path / "cache", listed, shelf)
    modes = {path.relative_to(home).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
    assert modes["lib"] == 0o755
    assert modes["lib/core.jar"] == 0o644
    assert modes["bin/opensearch"] == 0o755
    assert set(modes.values()) == {0o755, 0o644}
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_a_missing_part_leaves_nothing_behind(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    (shelf.folder / listed.plugins[0].archive.path).unlink()
    with pytest.raises(PartMissing, match=r"org\.example:guard:1:zip"):
        make(tmp_path / "cache", listed, shelf)
    assert not (tmp_path / "cache").exists()


def with_optional(listed: PartsList, shelf: Shelf) -> PartsList:
    """The list with two plugins more, which an engine can do without."""
    descriptor = zipped({"plugin-descriptor.properties": "version=1"})
    models = Plugin("opensearch-ml", shelf.put("models", "zip", descriptor), optional=True)
    queries = Plugin("queries", shelf.put("queries", "zip", descriptor), optional=True)
    return replace(listed, plugins=(*listed.plugins, models, queries))


def test_without_an_optional_plugin_the_engine_is_made_without_any_of_them(
    tmp_path: Path, listed: PartsList, shelf: Shelf
) -> None:
    wanted = with_optional(listed, shelf)
    lines: list[str] = []
    kept = shelf.folder / wanted.plugins[1].archive.path
    kept.rename(tmp_path / "elsewhere")
    home = make(tmp_path / "cache", wanted, shelf, lines=lines)
    assert [path.name for path in (home / "plugins").iterdir()] == ["guard"]
    assert not has_ml(home)
    [told] = [line for line in lines if "machine learning" in line]
    for word in ("org.example:models:1:zip", SETTING, "recipe serverless", "sandbox-aoss"):
        assert word in told
    assert "\n" not in told
    assert make(tmp_path / "cache", wanted, shelf) == home

    (tmp_path / "elsewhere").rename(kept)
    whole = make(tmp_path / "cache", wanted, shelf)
    assert whole != home
    assert {path.name for path in (whole / "plugins").iterdir()} == {"guard", "opensearch-ml", "queries"}
    assert has_ml(whole)


def test_a_failure_midway_leaves_nothing_behind(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    broken = replace(listed.plugins[0], archive=shelf.put("broken", "zip", b"not an archive"))
    with pytest.raises(zipfile.BadZipFile):
        make(tmp_path / "cache", replace(listed, plugins=(broken,)), shelf)
    assert list((tmp_path / "cache").iterdir()) == []


def test_progress_counts_the_parts(tmp_path: Path, listed: PartsList, shelf: Shelf) -> None:
    lines: list[str] = []
    make(tmp_path / "cache", listed, shelf, lines=lines)
    assert "5 of 5 parts of the engine are here" in lines
    assert lines[-1].startswith("assembling the engine in ")
