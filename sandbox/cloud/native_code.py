"""Adapts the assets of functions, which are built for Amazon's processors, to this machine's processor.

An asset's native wheels contain extension modules for one processor and one Python. This module adds the extension
modules of the same version for this machine next to them. They come from the folder `<name>-<version>` of the native
packages. The launcher prepares those of the checkout's functions; those of other assets are installed with the
`requirements.txt` in the asset.
"""

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from sandbox.failure import SandboxError

DIST_INFO = ".dist-info"
# The archive within an asset; corpus.packed unpacks it.
PACKED = "parsers.zip"
REQUIREMENTS = "requirements.txt"


class NativeCode:
    """Adds modules for this machine to assets. `packages` is the folder of native packages, or None without one.

    `install` makes such a folder for the content of a requirements file.
    """

    def __init__(self, packages: Path | None, install: Callable[[bytes], Path] | None = None) -> None:
        self._packages, self._install = packages, install

    def adapted(self, code_zip: bytes) -> bytes:
        """The asset, unchanged if all of it is pure Python.

        Raises SandboxError with the first missing native package, its version and the fix.
        """
        with zipfile.ZipFile(io.BytesIO(code_zip)) as archive:
            packages = native_packages(archive)
            locked = archive.read(REQUIREMENTS) if REQUIREMENTS in archive.namelist() else None
        folders = self._folders(packages, locked)
        if not folders:
            return code_zip
        files = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for folder in folders
            for file in sorted(path for path in folder.rglob("*") if path.is_file())
        }
        return _with_packed(code_zip, files)

    def _folders(self, packages: list[str], locked: bytes | None) -> list[Path]:
        """The folder of each package: a prepared one, or one that is installed as `locked`."""
        places = [self._packages] if self._packages else []
        if locked and self._install and not all(_folder(places, package) for package in packages):
            places.append(self._install(locked))
        folders = {package: _folder(places, package) for package in packages}
        for package, folder in folders.items():
            if folder is None:
                name, _, version = package.rpartition("-")
                raise SandboxError(
                    f"The function's asset holds {name} {version} for another machine, and this local cloud has no "
                    "build of it for this one: pin that version with its hashes in a requirements.txt in the asset's "
                    "top folder"
                )
        return [folder for folder in folders.values() if folder]


def _folder(places: list[Path], package: str) -> Path | None:
    return next((place / package for place in places if (place / package).is_dir()), None)


def _with_packed(code_zip: bytes, files: dict[str, bytes]) -> bytes:
    """The asset with the files. A file goes into the archive of parsers if that contains the file's package."""
    with zipfile.ZipFile(io.BytesIO(code_zip)) as archive:
        parsers = archive.read(PACKED) if PACKED in archive.namelist() else None
    if parsers is None:
        return _with(code_zip, files)
    with zipfile.ZipFile(io.BytesIO(parsers)) as archive:
        packages = {_package(name) for name in archive.namelist()}
    packed = {name: content for name, content in files.items() if _package(name) in packages}
    beside = {name: content for name, content in files.items() if name not in packed}
    return _with(code_zip, {**beside, PACKED: _with(parsers, packed)})


def _with(archived: bytes, files: dict[str, bytes]) -> bytes:
    changed = io.BytesIO(archived)
    with zipfile.ZipFile(changed, "a") as archive, warnings.catch_warnings():
        # If a module's name contains no processor, both modules have the same name. The new one replaces the other,
        # and zipfile warns about the duplicate.
        warnings.simplefilter("ignore", UserWarning)
        for name, content in files.items():
            archive.writestr(name, content)
    return changed.getvalue()


def _package(name: str) -> str:
    # A module that is a file has the name of its processor at the end.
    return name.partition("/")[0].partition(".cpython")[0]


def native_packages(archive: zipfile.ZipFile) -> list[str]:
    """The distributions in the archive whose wheels are for one kind of machine, as `<name>-<version>`."""
    packages = []
    for entry in archive.namelist():
        folder, _, file = entry.partition("/")
        if file == "WHEEL" and folder.endswith(DIST_INFO) and not is_pure(archive.read(entry).decode()):
            packages.append(folder.removesuffix(DIST_INFO))
    return packages


def is_pure(wheel: str) -> bool:
    """Whether a wheel with this WHEEL file runs on every machine: all its tags end in `-any`."""
    tags = [line.split(":", 1)[1].strip() for line in wheel.splitlines() if line.startswith("Tag:")]
    return all(tag.endswith("-any") for tag in tags)
