"""Runs assets for Amazon's processors on this machine's processor.

An asset's native wheels contain extension modules for one processor and one Python. The module of the same version for
this machine is added next to each, from a folder `<name>-<version>` of the native packages that the launcher prepared.
"""

import io
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path

from sandbox.failure import SandboxError

DIST_INFO = ".dist-info"
# The archive within an asset that corpus.packed unpacks.
PACKED = "parsers.zip"


class NativeCode:
    """Assets with modules for this machine in them. `packages` is None when none were prepared."""

    def __init__(self, packages: Path | None) -> None:
        self._packages = packages
        self.adapted = lru_cache(maxsize=8)(self._adapted)

    def _adapted(self, code_zip: bytes) -> bytes:
        """The asset, unchanged if all of it is pure Python.

        Raises SandboxError with the first missing native package, its version and the fix.
        """
        with zipfile.ZipFile(io.BytesIO(code_zip)) as archive:
            packages = native_packages(archive)
        folders = [self._folder(package) for package in packages]
        if not folders:
            return code_zip
        files = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for folder in folders
            for file in sorted(path for path in folder.rglob("*") if path.is_file())
        }
        return _with_packed(code_zip, files)

    def _folder(self, package: str) -> Path:
        folder = self._packages and self._packages / package
        if folder and folder.is_dir():
            return folder
        name, _, version = package.rpartition("-")
        raise SandboxError(
            f"The function's asset holds {name} {version} for another machine, and this local cloud has no build of it "
            "for this one: pin that version with its hashes in a lambda/*/requirements.txt, then end the local cloud "
            "and start it again"
        )


def _with_packed(code_zip: bytes, files: dict[str, bytes]) -> bytes:
    """The asset with the files, each in the archive of parsers if that has its package."""
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
        # A module without a processor in its name has the same name as this one, and is replaced.
        warnings.simplefilter("ignore", UserWarning)
        for name, content in files.items():
            archive.writestr(name, content)
    return changed.getvalue()


def _package(name: str) -> str:
    return name.partition("/")[0]


def native_packages(archive: zipfile.ZipFile) -> list[str]:
    """`<name>-<version>` of every distribution in the archive whose wheel is for one kind of machine."""
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
