"""A line is a version of OpenSearch: the parts of its engine and its Java options, from one file of `lines/`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LINES = Path(__file__).with_name("lines")
PUBLISHED = "published"


@dataclass(frozen=True)
class Part:
    """One file of a Maven repository.

    `sha256` is the digest that the file must have. If it is `published`, the file must have the checksum that its
    repository publishes.
    """

    group: str
    name: str
    version: str
    packaging: str
    sha256: str

    @property
    def coordinates(self) -> str:
        """`group:name:version` of a jar, `group:name:version:packaging` of anything else."""
        packaging = [] if self.packaging == "jar" else [self.packaging]
        return ":".join([self.group, self.name, self.version, *packaging])

    @property
    def filename(self) -> str:
        return f"{self.name}-{self.version}.{self.packaging}"

    @property
    def path(self) -> str:
        """The path of the file in a repository, relative to its root, with forward slashes."""
        return "/".join([*self.group.split("."), self.name, self.version, self.filename])


@dataclass(frozen=True)
class Module:
    """A folder of `modules/`, made from jars and from a descriptor in the line's file."""

    name: str
    description: str
    classname: str
    jars: tuple[Part, ...]
    extends: tuple[str, ...] = ()
    policy: str | None = None


@dataclass(frozen=True)
class Plugin:
    """A folder of `plugins/`, unpacked from the first available archive.

    `extends` replaces the line `extended.plugins` of the descriptor. A plugin with `yields_to` keeps no library that
    the core has. For each library that both plugins have, or that `lacks` names, it uses the other plugin's file.
    """

    name: str
    archives: tuple[Part, ...]
    extends: tuple[str, ...] | None = None
    yields_to: str | None = None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class JavaNeeds:
    """The Java releases that can run a line, a package with one of them, and the line's Java options.

    In the options, `{home}` is the engine's folder. `newest` is None if every newer release can run the line.
    """

    oldest: int
    newest: int | None
    package: str
    options: tuple[str, ...] = ()

    def allows(self, release: int) -> bool:
        return self.oldest <= release and (self.newest is None or release <= self.newest)

    def __str__(self) -> str:
        return f"Java {self.oldest} to {self.newest}" if self.newest else f"Java {self.oldest} or newer"


@dataclass(frozen=True)
class Line:
    """One version of OpenSearch, as its file describes it.

    `locales` maps a module to the Java locale that it needs. `digest` is the SHA-256 of the values in the file.
    """

    version: str
    core: Part
    modules: tuple[Module, ...]
    plugins: tuple[Plugin, ...]
    locales: Mapping[str, str]
    java: JavaNeeds
    trusted_endpoints: tuple[str, ...]
    digest: str

    @property
    def number(self) -> tuple[int, int]:
        """The major and minor version."""
        return release(self.version)

    def choices(self) -> Iterator[tuple[Part, ...]]:
        """The parts that may provide each file of the engine, in order of preference; large files come first."""
        yield (self.core,)
        yield from (plugin.archives for plugin in self.plugins)
        yield from {jar.coordinates: (jar,) for module in self.modules for jar in module.jars}.values()


def release(version: str) -> tuple[int, int]:
    """The major and minor version in `2.19.1`, `OpenSearch_2.19` and similar strings; raises ValueError without one."""
    if not (match := re.search(r"(\d+)\.(\d+)", version)):
        raise ValueError(f"{version!r} names no version")
    return int(match[1]), int(match[2])


@cache
def lines() -> tuple[Line, ...]:
    """All lines, the oldest first."""
    return tuple(sorted((read(path) for path in LINES.glob("*.yaml")), key=lambda line: line.number))


def nearest(version: str | None) -> Line:
    """The line for `search.engine_version`: it has the same major version and the nearest minor version.

    If no line has that major version, the result is the line with the nearest one. Without a version, it is the newest.
    """
    if version is None:
        return lines()[-1]
    major, minor = release(version)
    return min(lines(), key=lambda line: (abs(line.number[0] - major), abs(line.number[1] - minor)))


def read(path: Path) -> Line:
    """The line that a file describes."""
    stated = yaml.safe_load(path.read_bytes())
    java = stated["java"]
    return Line(
        version=stated["version"],
        core=_parts(stated["core"])[0],
        modules=tuple(_module(name, entry) for name, entry in stated.get("modules", {}).items()),
        plugins=tuple(_plugin(name, entry) for name, entry in stated["plugins"].items()),
        locales=stated.get("locales", {}),
        java=JavaNeeds(java["oldest"], java.get("newest"), java["package"], tuple(java.get("options", ()))),
        trusted_endpoints=tuple(stated["trusted_endpoints"]),
        digest=hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest(),
    )


def _module(name: str, entry: Mapping[str, Any]) -> Module:
    return Module(
        name=name,
        description=entry["description"],
        classname=entry["classname"],
        jars=_parts(entry["jars"]),
        extends=tuple(entry.get("extends", ())),
        policy=entry.get("policy"),
    )


def _plugin(name: str, entry: Mapping[str, Any]) -> Plugin:
    return Plugin(
        name=name,
        archives=_parts(entry["archives"]),
        extends=tuple(entry["extends"]) if "extends" in entry else None,
        yields_to=entry.get("yields_to"),
        lacks=tuple(entry.get("lacks", ())),
    )


def _parts(entry: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(_part(coordinates, sha256) for coordinates, sha256 in entry.items())


def _part(coordinates: str, sha256: str) -> Part:
    group, name, version, *packaging = coordinates.split(":")
    return Part(group, name, version, packaging[0] if packaging else "jar", sha256)
