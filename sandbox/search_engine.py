"""The engine of a local cloud: the local cloud assembles and starts one, or uses the user's own engine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.cache import cache_directory
from sandbox.engine.assembly import assemble
from sandbox.engine.assembly import has_ml as assembled_with_ml
from sandbox.engine.java import java as find_java
from sandbox.engine.line import Line
from sandbox.engine.node import Launch, NodeCertificates, prepare
from sandbox.engine.readiness import has_ml, ready, version
from sandbox.failure import SandboxError
from sandbox.instance import Instance
from sandbox.process import Process, start
from sandbox.progress import Progress

OPTIMIZE = "OSML_ENGINE_OPTIMIZE"
"""Any value tunes the engine for a long run: compiled for speed, with a heap of 2 GiB. For large corpora and load."""
OWN = ("OSML_ENGINE_URL", "OSML_ENGINE_CA", "OSML_ENGINE_ADMIN_CERT", "OSML_ENGINE_ADMIN_KEY")


class LocalEngine(Protocol):
    """An OpenSearch with the security plugin, with or without ml-commons. `admin_cert` is its administrator's."""

    @property
    def url(self) -> str: ...
    @property
    def ca(self) -> Path: ...
    @property
    def admin_cert(self) -> Path: ...
    @property
    def admin_key(self) -> Path: ...
    @property
    def has_ml(self) -> bool: ...
    @property
    def version(self) -> str: ...
    def start(self) -> Process | None: ...


@dataclass(frozen=True)
class GivenEngine:
    """An engine that the user runs: the local cloud never starts, stops or empties it."""

    url: str
    ca: Path
    admin_cert: Path
    admin_key: Path
    has_ml: bool
    version: str

    def start(self) -> None:
        return None


@dataclass(frozen=True)
class AssembledEngine:
    instance: Instance
    launch: Launch
    has_ml: bool
    version: str

    @property
    def url(self) -> str:
        return self.launch.url

    @property
    def ca(self) -> Path:
        return self.instance.certificates.ca

    @property
    def admin_cert(self) -> Path:
        return self.instance.certificates.certificate("admin")

    @property
    def admin_key(self) -> Path:
        return self.instance.certificates.key("admin")

    def start(self) -> Process:
        launch = self.launch
        return start(
            launch.argv,
            environment=self.instance.marked(launch.env),
            folder=launch.folder,
            log=self.instance.log("engine"),
            user=launch.uid,
            group=launch.gid,
        )


def is_own() -> bool:
    """Whether the user has named their own engine in OSML_ENGINE_URL."""
    return bool(os.environ.get(OWN[0]))


def chosen(instance: Instance, progress: Progress, line: Line) -> LocalEngine:
    """The engine that OSML_ENGINE_URL names, with its certificates; otherwise an assembled engine of the line.

    Raises SandboxError if a variable of the user's engine is missing, if that engine does not answer, or if a part of
    the assembled engine or a Java is missing.
    """
    given = {name: os.environ.get(name, "") for name in OWN}
    if is_own():
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise SandboxError(f"OSML_ENGINE_URL is set, so {' and '.join(missing)} must be set too.")
        url, (ca, certificate, key) = given["OSML_ENGINE_URL"], (Path(given[name]) for name in OWN[1:])
        ready(url, ca, certificate, key, within=10)
        progress.step(f"Using the engine at {url}.")
        return GivenEngine(
            url, ca, certificate, key, has_ml(url, ca, certificate, key), version(url, ca, certificate, key)
        )
    engine = assembled(instance, progress, line, optimize=bool(os.environ.get(OPTIMIZE)))
    progress.step(f"Starting OpenSearch {line.version} …")
    return engine


def assembled(
    instance: Instance, progress: Progress, line: Line, *, optimize: bool, trusted_endpoints: Sequence[str] = ()
) -> AssembledEngine:
    """An assembled engine of the line, which can be started. `optimize` and `trusted_endpoints` are as in `prepare`.

    Raises SandboxError if a part or a Java is missing.
    """
    cache = cache_directory()
    java = find_java(cache, progress.step, line.java)
    home = assemble(cache, progress, java, line)
    certificates, ports = instance.certificates, instance.ports()
    launch = prepare(
        line,
        home,
        java,
        instance.home / "engine",
        certificates=NodeCertificates(certificates.ca, certificates.certificate("node"), certificates.key("node")),
        http_port=ports.engine,
        transport_port=ports.transport,
        snapshots=instance.snapshots,
        trusted_endpoints=trusted_endpoints,
        optimize=optimize,
    )
    return AssembledEngine(instance, launch, assembled_with_ml(home), line.version)
