"""An engine for each further domain of a local cloud: domains on Amazon share nothing.

The first domain uses the engine that `osml sandbox up` starts. For every other domain, the cloud process runs this
module with the Python that started the local cloud: `python -m sandbox.spare_engine INSTANCE start|stop DOMAIN`.
"""

import json
import shutil
import sys
from pathlib import Path

import psutil

from sandbox.cache import cache_directory
from sandbox.cloud_parts import FURTHER
from sandbox.engine.assembly import assemble
from sandbox.engine.java import java as find_java
from sandbox.engine.line import nearest
from sandbox.engine.node import NodeCertificates, prepare
from sandbox.engine.readiness import ready
from sandbox.failure import SandboxError
from sandbox.free_ports import free_ports
from sandbox.instance import Instance
from sandbox.process import start
from sandbox.progress import Lines, Progress

SECONDS = 300.0
# The memory that an engine with a few documents needs, in bytes.
NEEDED = 1_500_000_000


def start_for(instance: Instance, domain: str, progress: Progress) -> str:
    """Start the domain's engine, with its existing data; wait until it answers, and return its URL.

    Raises SandboxError with a message, for example if less than `NEEDED` memory is free.
    """
    free = psutil.virtual_memory().available
    if free < NEEDED:
        raise SandboxError(
            f"The domain {domain} needs an OpenSearch of its own, for which {NEEDED / 1e9:.1f} GB of memory must be "
            f"free, but only {free / 1e9:.1f} GB are. Remove another domain, or end other programs."
        )
    cache, line, folder = cache_directory(), nearest(instance.engine.version), _folder(instance, domain)
    java = find_java(cache, progress.step, line.java)
    certificates = instance.certificates
    http_port, transport_port = _ports(folder)
    launch = prepare(
        line,
        assemble(cache, progress, java, line),
        java,
        folder / "engine",
        certificates=NodeCertificates(certificates.ca, certificates.certificate("node"), certificates.key("node")),
        http_port=http_port,
        transport_port=transport_port,
        snapshots=instance.snapshots,
    )
    process = start(
        launch.argv,
        environment=instance.marked(launch.env),
        folder=launch.folder,
        log=instance.log(f"{FURTHER}{domain}"),
        user=launch.uid,
        group=launch.gid,
    )
    instance.remember({**instance.processes(), f"{FURTHER}{domain}": process})
    ready(
        launch.url,
        certificates.ca,
        certificates.certificate("admin"),
        certificates.key("admin"),
        within=SECONDS,
        log=launch.log,
        alive=process.alive,
    )
    return launch.url


def stop(instance: Instance, domain: str) -> None:
    """Stop the domain's engine, if it has one, and delete its data."""
    processes = instance.processes()
    process = processes.pop(f"{FURTHER}{domain}", None)
    if process is not None:
        process.stop()
        instance.remember(processes)
    shutil.rmtree(_folder(instance, domain), ignore_errors=True)


def domains(instance: Instance) -> list[str]:
    """The domains that have their own engine."""
    return [name.removeprefix(FURTHER) for name in instance.processes() if name.startswith(FURTHER)]


def _folder(instance: Instance, domain: str) -> Path:
    return instance.home / "engines" / domain


def _ports(folder: Path) -> tuple[int, int]:
    """The ports for REST and for transport. They are chosen once: the front keeps the address over a restart."""
    path = folder / "ports.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for passage in (path.parent.parent, path.parent):
            passage.chmod(0o711)  # If root starts the engine, it runs as nobody and must pass through.
        path.write_text(json.dumps(free_ports(2)))
    http_port, transport_port = json.loads(path.read_text())
    return http_port, transport_port


def main(arguments: list[str]) -> None:
    name, verb, domain = arguments
    instance = Instance.named(name)
    try:
        with instance.lock():
            if verb == "stop":
                stop(instance, domain)
            else:
                print(start_for(instance, domain, Lines(lambda text: print(text, file=sys.stderr))))
    except SandboxError as failure:
        raise SystemExit(str(failure)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
