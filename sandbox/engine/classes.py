"""An archive of the engine's loaded classes, which saves a third of the work of every start."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.certificates import Certificates
from sandbox.engine.command import class_archive
from sandbox.engine.errors import NotReady
from sandbox.engine.java import Java
from sandbox.engine.node import NodeCertificates, prepare
from sandbox.engine.readiness import ready

_PATIENCE = 300.0  # seconds for a start, and again for writing the archive on a busy machine


def archive_classes(home: Path, java: Java, report: Callable[[str], None]) -> None:
    """Start and end an engine of no further use, once per Java, and keep what it loaded beside `home`.

    Takes about 20 s on an idle machine. Java has a flag that does this by itself at the end of any run, but an end
    cut short then leaves a file that makes all later starts slower than before; here it appears whole or not at all.

    Args:
        home: what `assemble` returned.
        java: the Java that `assemble` was called with.
        report: takes a line of progress.

    Raises:
        NotReady: that engine did not start.
    """
    archive = class_archive(home, java)
    if archive.is_file():
        return
    report("starting the engine once to archive its classes")
    archive.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".training-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        written = _train(home, java, folder)
        if not written.is_file():
            report("Java wrote no archive of classes; the engine starts without one")
            return
        complete = shutil.copyfile(written, folder / "complete")
        complete.chmod(0o644)
        complete.replace(archive)


def _train(home: Path, java: Java, folder: Path) -> Path:
    certificates = Certificates(folder / "certificates")
    certificates.make()
    http_port, transport_port = _free_ports()
    launch = prepare(
        home,
        java,
        folder / "instance",
        certificates=NodeCertificates(certificates.ca, certificates.certificate("node"), certificates.key("node")),
        http_port=http_port,
        transport_port=transport_port,
    )
    written = launch.folder / "classes.jsa"
    with (folder / "output").open("wb") as output:
        engine = subprocess.Popen(
            [launch.argv[0], f"-XX:ArchiveClassesAtExit={written}", *launch.argv[1:]],
            env=launch.env,
            cwd=launch.folder,
            user=launch.uid,
            group=launch.gid,
            extra_groups=launch.extra_groups,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            ready(
                launch.url,
                certificates.ca,
                certificates.certificate("admin"),
                certificates.key("admin"),
                within=_PATIENCE,
                log=launch.log,
                alive=lambda: engine.poll() is None,
            )
            engine.terminate()
            engine.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotReady(f"The engine at {launch.url} did not end within {_PATIENCE:.0f} s.") from None
        finally:
            engine.kill()
            engine.wait()
    return written


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
