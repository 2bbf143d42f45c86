"""What the engine is made of: a list of files in Maven repositories and the folder each goes to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

LIST = Path(__file__).with_name("parts.yaml")


@dataclass(frozen=True)
class Part:
    """One file of a Maven repository.

    `sha256` is the digest the file must have. With `or_published`, a file with another digest is taken too when
    the repository it comes from states that file's checksum.
    """

    group: str
    name: str
    version: str
    packaging: str
    sha256: str
    or_published: bool = False

    @property
    def coordinates(self) -> str:
        """`group:name:version` of a jar, `group:name:version:packaging` of anything else."""
        return ":".join([self.group, self.name, self.version, *self._packaging()])

    @property
    def filename(self) -> str:
        return f"{self.name}-{self.version}.{self.packaging}"

    @property
    def path(self) -> str:
        """Where the file is in a repository, relative to its root, with forward slashes."""
        return "/".join([*self.group.split("."), self.name, self.version, self.filename])

    def _packaging(self) -> list[str]:
        return [] if self.packaging == "jar" else [self.packaging]


@dataclass(frozen=True)
class Module:
    """A folder of `modules/`, made of jars and a descriptor of our own.

    `locale` names a locale of Java without which the folder is left out.
    """

    name: str
    description: str
    classname: str
    jars: tuple[Part, ...]
    extends: tuple[str, ...] = ()
    policy: str | None = None
    locale: str | None = None


@dataclass(frozen=True)
class Plugin:
    """A folder of `plugins/`: an archive, more jars, and perhaps another `extended.plugins` line.

    An engine can do without the `optional` ones, all of them together.
    """

    name: str
    archive: Part
    jars: tuple[Part, ...] = ()
    extends: tuple[str, ...] | None = None
    optional: bool = False


@dataclass(frozen=True)
class PartsList:
    version: str
    core: Part
    modules: tuple[Module, ...]
    plugins: tuple[Plugin, ...]
    digest: str

    def __iter__(self) -> Iterator[Part]:
        """Every file once, the big ones first."""
        seen = {self.core.coordinates: self.core}
        for plugin in self.plugins:
            seen.setdefault(plugin.archive.coordinates, plugin.archive)
        folders: tuple[Plugin | Module, ...] = (*self.plugins, *self.modules)
        for jar in (jar for folder in folders for jar in folder.jars):
            seen.setdefault(jar.coordinates, jar)
        return iter(seen.values())

    def without_optional(self) -> PartsList:
        """The same list with what every engine needs, and nothing else."""
        return replace(self, plugins=tuple(plugin for plugin in self.plugins if not plugin.optional))


def parts(path: Path = LIST) -> PartsList:
    """Read a list of parts; `digest` is the SHA-256 of the file's bytes, in hexadecimal."""
    content = path.read_bytes()
    listed = yaml.safe_load(content)
    return PartsList(
        version=listed["version"],
        core=_one(listed["core"]),
        modules=tuple(_module(name, entry) for name, entry in listed["modules"].items()),
        plugins=tuple(_plugin(name, entry) for name, entry in listed["plugins"].items()),
        digest=hashlib.sha256(content).hexdigest(),
    )


def _module(name: str, entry: Mapping[str, Any]) -> Module:
    return Module(
        name=name,
        description=entry["description"],
        classname=entry["classname"],
        jars=_all(entry["jars"]),
        extends=tuple(entry.get("extends", ())),
        policy=entry.get("policy"),
        locale=entry.get("locale"),
    )


def _plugin(name: str, entry: Mapping[str, Any]) -> Plugin:
    return Plugin(
        name=name,
        archive=_one(entry["archive"], or_published=entry.get("or_published", False)),
        jars=_all(entry.get("jars", {})),
        extends=tuple(entry["extends"]) if "extends" in entry else None,
        optional=entry.get("optional", False),
    )


def _one(entry: Mapping[str, str], or_published: bool = False) -> Part:
    (part,) = _all(entry, or_published)
    return part


def _all(entry: Mapping[str, str], or_published: bool = False) -> tuple[Part, ...]:
    return tuple(_part(coordinates, sha256, or_published) for coordinates, sha256 in entry.items())


def _part(coordinates: str, sha256: str, or_published: bool) -> Part:
    group, name, version, *packaging = coordinates.split(":")
    return Part(group, name, version, packaging[0] if packaging else "jar", sha256, or_published)
