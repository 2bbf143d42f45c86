"""What the cloud process is told at its start: one JSON file."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from sandbox.failure import SandboxError


@dataclass(frozen=True)
class CloudSettings:
    """Ports are on 127.0.0.1; paths name PEM files unless said otherwise.

    `home` is a folder for everything this process writes. `ca_bundle` holds the machine's roots and `ca`.
    `has_native_vectors` is whether the engine keeps the vectors of Faiss, as the user's own does.
    `native_packages` is a folder of sandbox.native_packages; without it, assets must be pure Python.
    `egress_proxy_port` is the proxy of functions, `model_cert` and `model_key` those of the model hosts behind it;
    without the three, functions reach no model host.
    `spare_engine` is the command for engines of further domains, with `spare_environment`; without it there are none.
    `snapshots` is the folder of the engines' snapshots; none where the engine is the user's own.
    `existing_endpoints` maps the name of a SageMaker endpoint that is always there to its `model` and `shape`.
    """

    home: Path
    region: str
    aws_port: int
    egress_port: int
    models_url: str
    engine_url: str
    ca: Path
    ca_bundle: Path
    admin_cert: Path
    admin_key: Path
    server_cert: Path
    server_key: Path
    domain_ports: tuple[int, int]
    young_role_seconds: float
    existing_endpoints: Mapping[str, Mapping[str, str]]
    spare_engine: tuple[str, ...] = ()
    spare_environment: Mapping[str, str] | None = None
    native_packages: Path | None = None
    has_native_vectors: bool = False
    egress_proxy_port: int | None = None
    model_cert: Path | None = None
    model_key: Path | None = None
    snapshots: Path | None = None

    @classmethod
    def read(cls, path: Path) -> "CloudSettings":
        """Raises SandboxError naming the file and the entry that is missing, or the file that does not exist."""
        try:
            given: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError) as reason:
            raise SandboxError(f"The cloud's settings {path} cannot be read: {reason}.") from reason
        missing = sorted(f.name for f in fields(cls) if f.default is MISSING and f.name not in given)
        if missing:
            raise SandboxError(f"The cloud's settings {path} lack {', '.join(missing)}: add them.")
        for name in ("ca", "ca_bundle", "admin_cert", "admin_key", "server_cert", "server_key"):
            given[name] = Path(given[name])
            if not given[name].is_file():
                raise SandboxError(f"The cloud's settings {path} name {given[name]} as {name}: there is no such file.")
        for name in ("native_packages", "model_cert", "model_key", "snapshots"):
            given[name] = Path(given[name]) if given.get(name) else None
        first, last = given["domain_ports"]
        known = {field.name: given[field.name] for field in fields(cls) if field.name in given}
        return cls(**{**known, "home": Path(given["home"]), "domain_ports": (int(first), int(last))})
