"""Finds the engine's parts: first in folders with Maven's layout, then in Maven repositories over HTTP."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine import remote
from sandbox.engine.errors import ChecksumMismatch, PartMissing
from sandbox.engine.line import PUBLISHED, Part


@dataclass(frozen=True)
class RepositorySources:
    """The places in which parts are looked up, in this order.

    - `folders` belong to others and are only read.
    - `downloads` receives the downloads from `addresses`.
    - `maven_cache` is the user's, and is only read.
    - `addresses` are those of repositories.
    """

    folders: tuple[Path, ...]
    downloads: Path
    maven_cache: Path
    addresses: tuple[str, ...]

    def local(self, choices: Sequence[Part]) -> Path | None:
        """A verified file for the first choice that a folder has, or None. Do not change the file.

        Raises:
            ChecksumMismatch: A folder has another file under the part's name.
        """
        for part in choices:
            for folder in (*self.folders, self.downloads, self.maven_cache):
                if not (file := folder / part.path).is_file():
                    continue
                # A part with a published checksum was verified at its download.
                if part.sha256 != PUBLISHED:
                    try:
                        remote.check(part, file)
                    except ChecksumMismatch:
                        if folder == self.downloads:
                            continue
                        raise
                return file
        return None

    def size(self, choices: Sequence[Part]) -> int:
        """The size of the first available choice in bytes; 0 if no repository states it."""
        sizes = (remote.size(address, part) for part in choices for address in self.addresses)
        return next(filter(None, sizes), 0)

    def fetch(self, choices: Sequence[Part], arrived: Callable[[int], None]) -> Path:
        """Download the first choice that a repository serves to `downloads`; return its file.

        `arrived` gets the number of bytes of each piece.

        Raises:
            ChecksumMismatch: A repository serves another file.
            PartMissing: No repository serves any of the choices.
        """
        failures: list[str] = []
        for part in choices:
            for address in self.addresses:
                try:
                    return self._fetch(address, part, arrived)
                except remote.FetchFailed as failure:
                    failures.append(str(failure))
        raise self._missing(choices[-1], failures)

    def _fetch(self, address: str, part: Part, arrived: Callable[[int], None]) -> Path:
        target = self.downloads / part.path
        self.downloads.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.downloads, prefix=".fetching-") as scratch:
            fetched = Path(scratch) / part.filename
            remote.download(address, part, fetched, arrived)
            target.parent.mkdir(parents=True, exist_ok=True)
            fetched.replace(target)
        return target

    def _missing(self, part: Part, failures: list[str]) -> PartMissing:
        folders = ", ".join(str(folder) for folder in (*self.folders, self.downloads, self.maven_cache))
        return PartMissing(
            f"{part.coordinates}, a part of the engine, is not in {folders}, and {'; '.join(failures)}. "
            f"Name a repository that serves it, or a folder in Maven's layout that holds {part.path}, in "
            f"{remote.SETTING}, or give the address of an OpenSearch of your own in OSML_ENGINE_URL (docs/sandbox.md)."
        )


def sources(cache: Path, environment: Mapping[str, str] = os.environ) -> RepositorySources:
    """The places on this machine: the setting's folders, the downloads, the user's Maven cache; then repositories."""
    folders = [Path(place).expanduser() for place in remote.named(environment) if "://" not in place]
    return RepositorySources(
        folders=tuple(folders),
        downloads=cache / "maven",
        maven_cache=Path.home() / ".m2" / "repository",
        addresses=tuple(remote.repositories(environment)),
    )
