"""An OpenSearch home folder, assembled from its parts once per machine and line."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox.cache import appearing
from sandbox.engine.java import Java
from sandbox.engine.line import Line, Module, Part, Plugin
from sandbox.engine.repository import RepositorySources, sources
from sandbox.engine.statements import statements
from sandbox.progress import Progress

_FETCHERS = 6
# An environment file whose recipe needs no machine learning in the engine.
BARE_ENVIRONMENT = "sandbox-aoss"

Files = Mapping[tuple[Part, ...], Path]


def assemble(cache: Path, progress: Progress, java: Java, line: Line, places: RepositorySources | None = None) -> Path:
    """The home folder of an engine that this Java can run; assembles it if it does not exist.

    Instances share the folder and write nothing into it: each has its own configuration, data and logs. Its name
    depends on the line's file and the statements of this module, so a change of either makes another folder. It appears
    only when it is complete. Everybody may read it.

    Args:
        cache: the parent folder; made if it is missing.
        progress: gets each step and the number of bytes that arrive.
        java: modules that need a locale it lacks are left out.
        line: the line to assemble.
        places: `sources(cache)` by default.

    Raises:
        PartMissing: a part was found nowhere.
        ChecksumMismatch: a part is not the file it should be.
    """
    omitted = [module for module, locale in line.locales.items() if locale not in java.locales]
    home = cache / "-".join(["opensearch", line.version, _key(line), *(f"no-{name}" for name in omitted)])
    if home.is_dir():
        return home
    files = obtain(list(line.choices()), places or sources(cache), progress)
    progress.step(f"Assembling OpenSearch {line.version} …")
    with appearing(home) as built:
        _unpack(files[(line.core,)], built, inner=True)
        for module in line.modules:
            _module(module, built / "modules" / module.name, line, files)
        for plugin in line.plugins:
            _plugin(plugin, built, line, files)
        for plugin in line.plugins:
            if plugin.yields_to:
                _share(plugin, built / "plugins" / plugin.yields_to, built)
        for name in omitted:
            shutil.rmtree(built / "modules" / name)
        _open_to_all(built)
    return home


def fetch(cache: Path, progress: Progress, line: Line) -> None:
    """Download the line's parts, unless it is already assembled; raises the same errors as `assemble`."""
    if not any(cache.glob(f"opensearch-{line.version}-{_key(line)}*")):
        obtain(list(line.choices()), sources(cache), progress)


def has_ml(home: Path) -> bool:
    """Whether an assembled engine has the ML plugin."""
    return (home / "plugins" / "opensearch-ml").is_dir()


def obtain(wanted: Sequence[tuple[Part, ...]], places: RepositorySources, progress: Progress) -> Files:
    """A verified file for each wanted part; parts that no folder has are downloaded in parallel.

    Raises:
        PartMissing: a part was found nowhere.
        ChecksumMismatch: a part is not the file it should be.
    """
    local = {choices: places.local(choices) for choices in wanted}
    missing = [choices for choices, file in local.items() if file is None]
    if not missing:
        return {choices: file for choices, file in local.items() if file}
    with ThreadPoolExecutor(_FETCHERS) as fetchers:
        total = sum(fetchers.map(places.size, missing))
        with progress.download("The engine's parts", total) as arrived:
            try:
                fetched = list(fetchers.map(lambda choices: places.fetch(choices, arrived), missing))
            except BaseException:
                fetchers.shutdown(wait=False, cancel_futures=True)
                raise
    return {choices: file for choices, file in local.items() if file} | dict(zip(missing, fetched, strict=True))


def _key(line: Line) -> str:
    return hashlib.sha256((line.digest + statements(Path(__file__).read_text())).encode()).hexdigest()[:12]


def _module(module: Module, folder: Path, line: Line, files: Files) -> None:
    folder.mkdir(parents=True)
    for jar in module.jars:
        shutil.copy(files[(jar,)], folder / jar.filename)
    descriptor = {
        "description": module.description,
        "version": line.version,
        "name": module.name,
        "classname": module.classname,
        "java.version": str(line.java.oldest),
        "opensearch.version": line.version,
        "custom.foldername": "",
        "extended.plugins": ",".join(module.extends),
        "has.native.controller": "false",
    }
    _descriptor(folder).write_text("".join(f"{key}={value}\n" for key, value in descriptor.items()))
    if module.policy:
        (folder / "plugin-security.policy").write_text(module.policy + "\n")


def _plugin(plugin: Plugin, home: Path, line: Line, files: Files) -> None:
    folder = home / "plugins" / plugin.name
    _unpack(files[plugin.archives], folder)
    if (folder / "config").is_dir():
        (folder / "config").rename(home / "config" / plugin.name)
    stated = {"opensearch.version": line.version}
    if plugin.extends is not None:
        stated["extended.plugins"] = ",".join(plugin.extends)
    kept = [row for row in _descriptor(folder).read_text().splitlines() if row.partition("=")[0] not in stated]
    rows = [f"{key}={value}" for key, value in stated.items()]
    _descriptor(folder).write_text("\n".join([*kept, *rows, ""]))


def _share(plugin: Plugin, other: Path, home: Path) -> None:
    """Leave every library in one place: OpenSearch refuses a plugin that repeats a class of core or another plugin.

    Libraries that the core has are removed. Libraries of the other plugin come from its folder, because it also uses
    this plugin's folder.
    """
    folder = home / "plugins" / plugin.name
    own, cores, others = _libraries(folder), _libraries(home / "lib"), _libraries(other)
    for name in own.keys() & (cores.keys() | others.keys()):
        own[name].unlink()
    for name in others.keys() & (own.keys() | set(plugin.lacks)):
        others[name].rename(folder / others[name].name)


def _libraries(folder: Path) -> dict[str, Path]:
    """The jars of a folder by their names without a version."""
    return {re.split(r"-\d", jar.stem, maxsplit=1)[0]: jar for jar in folder.glob("*.jar")}


def _descriptor(folder: Path) -> Path:
    return folder / "plugin-descriptor.properties"


def _unpack(archive: Path, folder: Path, *, inner: bool = False) -> None:
    """Unpack to a new folder; with `inner`, without the archive's single top folder."""
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
