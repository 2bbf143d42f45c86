"""An engine of one's own, for contract tests and benchmarks: started, named by variables, and ended."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.cache import cache_directory
from sandbox.certificates import Certificates
from sandbox.engine.assembly import assemble
from sandbox.engine.java import java as find_java
from sandbox.engine.node import NodeCertificates, prepare
from sandbox.engine.parts import PartsList
from sandbox.engine.readiness import ready
from sandbox.instance import Instance
from sandbox.process import start


@contextmanager
def running_engine(
    name: str = "contract", listed: PartsList | None = None, *, optimize: bool = False
) -> Iterator[None]:
    """Set OSML_TEST_ENGINE_URL and its companions; where they are set already, that engine is used instead.

    `name` tells engines apart that run at the same time; `listed` are its parts, `parts.yaml` unless given; one to
    `optimize` is for the long run, as `prepare` says.
    """
    if os.environ.get("OSML_TEST_ENGINE_URL"):
        yield
        return
    instance = Instance.named("-".join(filter(None, [name, os.environ.get("OSML_SANDBOX")])))
    (instance.home / "ports.json").unlink(missing_ok=True)
    certificates: Certificates = instance.certificates
    certificates.make()
    cache, ports = cache_directory(), instance.ports()
    java = find_java(cache, print)
    launch = prepare(
        assemble(cache, print, java, listed=listed),
        java,
        instance.home / "engine",
        certificates=NodeCertificates(certificates.ca, certificates.certificate("node"), certificates.key("node")),
        http_port=ports.engine,
        transport_port=ports.transport,
        trusted_endpoints=[r"^http://127\.0\.0\.1:.*$"],
        optimize=optimize,
    )
    engine = start(
        launch.argv,
        environment=launch.env,
        folder=launch.folder,
        log=instance.log("engine"),
        user=launch.uid,
        group=launch.gid,
    )
    admin = (certificates.certificate("admin"), certificates.key("admin"))
    try:
        ready(launch.url, certificates.ca, *admin, log=launch.log, alive=engine.alive)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OSML_TEST_ENGINE_URL", launch.url)
            for name, path in _files(certificates).items():
                patch.setenv(f"OSML_TEST_{name}", str(path))
            yield
    finally:
        engine.stop()


def _files(certificates: Certificates) -> dict[str, Path]:
    return {
        "CA": certificates.ca,
        "ADMIN_CERT": certificates.certificate("admin"),
        "ADMIN_KEY": certificates.key("admin"),
        "SERVER_CERT": certificates.certificate("server"),
        "SERVER_KEY": certificates.key("server"),
    }
