"""An OpenSearch home folder put together from its parts, once per machine."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from sandbox.cache import appearing
from sandbox.engine.errors import PartMissing
from sandbox.engine.java import Java
from sandbox.engine.parts import Module, Part, PartsList, Plugin, parts
from sandbox.engine.repository import Sources, sources

_FETCHERS = 4
ML_PLUGIN = "opensearch-ml"
# The environment file whose recipe needs no machine learning in the engine.
BARE_ENVIRONMENT = "sandbox-aoss"

Report = Callable[[str], None]


def assemble(
    cache: Path,
    report: Report,
    java: Java,
    *,
    listed: PartsList | None = None,
    places: Sources | None = None,
) -> Path:
    """The home folder of an engine that this Java can run, made when it is not there yet.

    Where an optional plugin cannot be had, it is an engine without any of them, and one line says so.

    The folder is shared: nothing is ever written to it, each instance has configuration, data and logs of its own.
    It is named after the parts list and this module, so a change of either makes another folder, and it appears
    whole or not at all. Everybody may read it.

    Args:
        cache: the folder to keep it in; made when missing.
        report: takes a line of progress.
        java: modules that need a locale it lacks are left out.
        listed: `parts.yaml` unless given.
        places: `sources(cache)` unless given.

    Raises:
        PartMissing: a part that every engine needs was found nowhere.
        ChecksumMismatch: a part is not the file it should be.
    """
    listed = listed or parts()
    omitted = [module.name for module in listed.modules if module.locale and module.locale not in java.locales]
    key = hashlib.sha256(listed.digest.encode() + Path(__file__).read_bytes()).hexdigest()[:12]
    home = cache / "-".join(["opensearch", listed.version, key, *(f"no-{name}" for name in omitted)])
    if home.is_dir():
        return home
    places = places or sources(cache)
    bare = listed.without_optional()
    try:
        _obtain([part for part in listed if part not in set(bare)], places, report)
    except PartMissing as missing:
        report(f"{missing} Going on without machine learning, for the recipe serverless ({BARE_ENVIRONMENT}).")
        listed, home = bare, home.with_name(home.name + "-no-ml")
        if home.is_dir():
            return home
    files = _obtain(list(listed), places, report)
    report(f"assembling the engine in {home}")
    with appearing(home) as built:
        _unpack(files[listed.core], built, inner=True)
        for module in listed.modules:
            if module.name not in omitted:
                _module(module, built / "modules" / module.name, listed.version, files)
        for plugin in listed.plugins:
            _plugin(plugin, built, files)
        _open_to_all(built)
    return home


def has_ml(home: Path) -> bool:
    """Whether an assembled engine has the ML plugin."""
    return (home / "plugins" / ML_PLUGIN).is_dir()


def _obtain(wanted: Sequence[Part], places: Sources, report: Report) -> Mapping[Part, Path]:
    turn = Lock()

    def obtain(part: Part) -> Path:
        return places.obtain(part, say)

    def say(line: str) -> None:
        with turn:
            report(line)

    files: dict[Part, Path] = {}
    with ThreadPoolExecutor(_FETCHERS) as fetchers:
        try:
            for part, file in zip(wanted, fetchers.map(obtain, wanted), strict=True):
                files[part] = file
                if len(files) % 10 == 0 or len(files) == len(wanted):
                    say(f"{len(files)} of {len(wanted)} parts of the engine are here")
        except BaseException:
            fetchers.shutdown(wait=False, cancel_futures=True)
            raise
    return files


def _module(module: Module, folder: Path, version: str, files: Mapping[Part, Path]) -> None:
    folder.mkdir(parents=True)
    for jar in module.jars:
        shutil.copy(files[jar], folder / jar.filename)
    descriptor = {
        "description": module.description,
        "version": version,
        "name": module.name,
        "classname": module.classname,
        "java.version": "21",
        "opensearch.version": version,
        "custom.foldername": "",
        "extended.plugins": ",".join(module.extends),
        "has.native.controller": "false",
    }
    _descriptor(folder).write_text("".join(f"{key}={value}\n" for key, value in descriptor.items()))
    if module.policy:
        (folder / "plugin-security.policy").write_text(module.policy + "\n")


def _plugin(plugin: Plugin, home: Path, files: Mapping[Part, Path]) -> None:
    folder = home / "plugins" / plugin.name
    _unpack(files[plugin.archive], folder)
    for jar in plugin.jars:
        shutil.copy(files[jar], folder / jar.filename)
    if (folder / "config").is_dir():
        (folder / "config").rename(home / "config" / plugin.name)
    if plugin.extends is not None:
        kept = [
            line for line in _descriptor(folder).read_text().splitlines() if not line.startswith("extended.plugins=")
        ]
        extends = f"extended.plugins={','.join(plugin.extends)}"
        _descriptor(folder).write_text("\n".join([*kept, extends, ""]))


def _descriptor(folder: Path) -> Path:
    return folder / "plugin-descriptor.properties"


def _unpack(archive: Path, folder: Path, *, inner: bool = False) -> None:
    """Unpack to a new folder; with `inner`, without the one folder that holds everything in the archive."""
    with zipfile.ZipFile(archive) as packed:
        if not inner:
            packed.extractall(folder)
            return
        outside = folder.with_name(folder.name + ".unpacked")
        packed.extractall(outside)
        (only,) = outside.iterdir()
        only.rename(folder)
        outside.rmdir()


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
