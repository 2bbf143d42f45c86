"""Where a part comes from: folders in Maven's layout first, then Maven Central."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine import central
from sandbox.engine.checksum import verify
from sandbox.engine.errors import ChecksumMismatch, PartMissing
from sandbox.engine.parts import Part

SETTING = "OSML_MAVEN_REPOSITORIES"
CHECKOUT = Path(__file__).resolve().parents[2]

Report = Callable[[str], None]


@dataclass(frozen=True)
class Sources:
    """The places a part is looked for, in order.

    `folders` are other people's and only read; `downloads` is ours, and takes what maven-artifact fetches;
    `maven_cache` is the user's, and takes what Maven itself fetches. `online=False` stops after the folders.
    """

    folders: tuple[Path, ...]
    downloads: Path
    maven_cache: Path
    online: bool = True

    def obtain(self, part: Part, report: Report) -> Path:
        """A verified copy of the part, which must not be changed.

        Raises:
            ChecksumMismatch: a folder holds another file under the part's name.
            PartMissing: no place has it.
        """
        for folder in self.folders:
            if (there := folder / part.path).is_file():
                verify(part, there)
                return there
        if file := self._downloaded(part) or self._in_maven_cache(part):
            return file
        if not self.online:
            raise self._missing(part, ["looking in Maven Central was switched off"])
        failures: list[str] = []
        for fetch in (self._with_maven, self._with_maven_artifact):
            try:
                return fetch(part, report)
            except central.FetchFailed as failure:
                failures.append(str(failure))
        raise self._missing(part, failures)

    def _downloaded(self, part: Part) -> Path | None:
        file = self.downloads / part.path
        if not file.is_file():
            return None
        try:
            verify(part, file, vouched=True)
        except ChecksumMismatch:
            return None
        return file

    def _in_maven_cache(self, part: Part) -> Path | None:
        file = self.maven_cache / part.path
        if not file.is_file():
            return None
        # Maven keeps no checksum file when the server sent the checksum as a header, but it does record the download.
        record = file.with_name("_remote.repositories")
        verify(part, file, vouched=record.is_file() and f"{file.name}>" in record.read_text())
        return file

    def _with_maven(self, part: Part, report: Report) -> Path:
        central.with_maven(part, report)
        if file := self._in_maven_cache(part):
            return file
        raise central.FetchFailed(f"Maven fetched it, but not to {self.maven_cache}")

    def _with_maven_artifact(self, part: Part, report: Report) -> Path:
        target = self.downloads / part.path
        self.downloads.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.downloads, prefix=".fetching-") as scratch:
            fetched = Path(scratch) / part.filename
            central.with_maven_artifact(part, fetched, report)
            verify(part, fetched, vouched=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            fetched.replace(target)
        return target

    def _missing(self, part: Part, failures: list[str]) -> PartMissing:
        folders = ", ".join(str(folder) for folder in (*self.folders, self.downloads, self.maven_cache))
        return PartMissing(
            f"{part.coordinates}, a part of the engine, is not in {folders}, and {'; '.join(failures)}. "
            f"Name a folder in Maven's layout that holds {part.path} in {SETTING} (several are separated by "
            f"{os.pathsep!r}), or give the address of an OpenSearch of your own in OSML_ENGINE_URL (docs/sandbox.md)."
        )


def sources(cache: Path, environment: Mapping[str, str] = os.environ, *, online: bool = True) -> Sources:
    """The places of this machine: the setting's folders, `shared/maven` beside the checkout, ours, the user's."""
    named = [Path(folder).expanduser() for folder in environment.get(SETTING, "").split(os.pathsep) if folder]
    beside = CHECKOUT.parent / "shared" / "maven"
    return Sources(
        folders=(*named, *([beside] if beside.is_dir() else [])),
        downloads=cache / "maven",
        maven_cache=Path.home() / ".m2" / "repository",
        online=online,
    )
