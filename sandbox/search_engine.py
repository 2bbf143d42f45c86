"""The engine of a local cloud: one that we assemble and start, or one that its user runs and names by URL."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.cache import cache_directory
from sandbox.engine.assembly import assemble
from sandbox.engine.assembly import has_ml as assembled_with_ml
from sandbox.engine.java import java as find_java
from sandbox.engine.node import Launch, NodeCertificates, prepare
from sandbox.engine.readiness import has_ml, ready
from sandbox.failure import SandboxError
from sandbox.instance import Instance
from sandbox.process import Process, start

OPTIMIZE = "OSML_ENGINE_OPTIMIZE"
"""Set to anything: compile for the long run, and let Java have 2 GiB; for corpora and load, not for a quick try."""
OWN = ("OSML_ENGINE_URL", "OSML_ENGINE_CA", "OSML_ENGINE_ADMIN_CERT", "OSML_ENGINE_ADMIN_KEY")


class Engine(Protocol):
    """An OpenSearch with security, and ml-commons or not; the certificates are those of its administrator."""

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
    def start(self) -> Process | None: ...


@dataclass(frozen=True)
class GivenEngine:
    """An engine that somebody else runs: never started, ended or wiped by us."""

    url: str
    ca: Path
    admin_cert: Path
    admin_key: Path
    has_ml: bool

    def start(self) -> None:
        return None


@dataclass(frozen=True)
class AssembledEngine:
    instance: Instance
    launch: Launch
    has_ml: bool

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


def chosen(instance: Instance, report: Callable[[str], None]) -> Engine:
    """The engine named by OSML_ENGINE_URL with its certificates, otherwise one assembled from published parts.

    Raises SandboxError when an engine is named incompletely or does not answer, or when a part or a Java is missing.
    """
    given = {name: os.environ.get(name, "") for name in OWN}
    if given["OSML_ENGINE_URL"]:
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise SandboxError(f"OSML_ENGINE_URL names an engine of your own; {' and '.join(missing)} must be set too.")
        url, (ca, certificate, key) = given["OSML_ENGINE_URL"], (Path(given[name]) for name in OWN[1:])
        ready(url, ca, certificate, key, within=10)
        report(f"Using the engine at {url}.")
        return GivenEngine(url, ca, certificate, key, has_ml(url, ca, certificate, key))
    cache = cache_directory()
    java = find_java(cache, report)
    home = assemble(cache, report, java)
    certificates, ports = instance.certificates, instance.ports()
    node = NodeCertificates(certificates.ca, certificates.certificate("node"), certificates.key("node"))
    launch = prepare(
        home,
        java,
        instance.home / "engine",
        certificates=node,
        http_port=ports.engine,
        transport_port=ports.transport,
        optimize=bool(os.environ.get(OPTIMIZE)),
    )
    report("Starting the engine …")
    return AssembledEngine(instance, launch, assembled_with_ml(home))
