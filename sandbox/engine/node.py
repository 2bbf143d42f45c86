"""An instance of the engine: its folders, its configuration and the command that starts it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.engine.assembly import has_ml
from sandbox.engine.command import command
from sandbox.engine.identity import ProcessIdentity, identity
from sandbox.engine.java import Java
from sandbox.engine.line import Line
from sandbox.engine.security import write_security
from sandbox.engine.settings import settings

NODE_DN = "CN=node,OU=sandbox,O=osml"
ADMIN_DN = "CN=admin,OU=sandbox,O=osml"


@dataclass(frozen=True)
class NodeCertificates:
    """The PEM files of the node, and the distinguished names in the certificates of nodes and of the administrator.

    The key is PKCS#8 without a password. The names are in the order of RFC 2253.
    """

    ca: Path
    certificate: Path
    key: Path
    node_dn: str = NODE_DN
    admin_dn: str = ADMIN_DN


@dataclass(frozen=True)
class Launch:
    """How to start a prepared instance.

    Start it with `Popen(argv, env=env, cwd=folder, user=uid, group=gid)`. `uid` and `gid` are None if the engine runs
    as the user of this process. `log` is the engine's log file. Before logging works, Java writes to the standard
    streams. To stop the engine, send SIGTERM and wait.
    """

    argv: list[str]
    env: dict[str, str]
    folder: Path
    uid: int | None
    gid: int | None
    url: str
    log: Path


def prepare(
    line: Line,
    home: Path,
    java: Java,
    folder: Path,
    *,
    certificates: NodeCertificates,
    http_port: int,
    transport_port: int,
    snapshots: Path,
    trusted_endpoints: Sequence[str] = (),
    optimize: bool = False,
) -> Launch:
    """Write an instance's configuration below `folder`, and return how to start it.

    A further call for the same folder writes the configuration again, and keeps data and logs. An existing security
    index keeps its users and mappings.

    Args:
        line: The line that `assemble` got.
        home: The result of `assemble`.
        java: The Java that `assemble` got.
        folder: The instance's own folder; made if it is missing.
        certificates: The certificates; copied to `folder`.
        http_port: The port of the REST interface on 127.0.0.1, with TLS.
        transport_port: The port of the transport protocol on 127.0.0.1.
        snapshots: A folder for snapshot repositories; several instances may share it.
        trusted_endpoints: Regular expressions of connector URLs, in addition to the line's own.
        optimize: Whether the engine is tuned for a long run; see `command`.

    Raises:
        EngineError: This process is root, and the engine's user cannot enter a folder.
    """
    folder = folder.resolve()
    config, data, logs, scratch = (folder / name for name in ("config", "data", "logs", "scratch"))
    shutil.rmtree(scratch, ignore_errors=True)
    for made in (config / "tls", data, logs, scratch, snapshots):
        made.mkdir(parents=True, exist_ok=True)
    shutil.copy(certificates.ca, config / "tls" / "ca.pem")
    shutil.copy(certificates.certificate, config / "tls" / "node.pem")
    shutil.copy(certificates.key, config / "tls" / "node-key.pem")
    shutil.copy(Path(__file__).with_name("log4j2.properties"), config)
    chosen = settings(
        data=data,
        logs=logs,
        http_port=http_port,
        transport_port=transport_port,
        node_dn=certificates.node_dn,
        admin_dn=certificates.admin_dn,
        snapshots=snapshots,
        trusted_endpoints=[*line.trusted_endpoints, *trusted_endpoints],
        ml=has_ml(home),
    )
    (config / "opensearch.yml").write_text(yaml.safe_dump(chosen, sort_keys=False))
    write_security(home, config)
    for path in (folder, config, *config.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    runs_as = identity()
    if runs_as:
        _hand_over(runs_as, home, java, folder, snapshots)
    return Launch(
        argv=command(line, home, java, folder, optimize=optimize),
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(data)},
        folder=folder,
        uid=runs_as.uid if runs_as else None,
        gid=runs_as.gid if runs_as else None,
        url=f"https://127.0.0.1:{http_port}",
        log=logs / "engine.log",
    )


def _hand_over(runs_as: ProcessIdentity, home: Path, java: Java, folder: Path, snapshots: Path) -> None:
    runs_as.reaches(home / "lib", "read")
    runs_as.reaches(java.executable, "run")
    runs_as.reaches(folder, "write to")
    for own in (folder, snapshots):
        runs_as.owns(own)
