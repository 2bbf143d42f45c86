"""The settings of the cloud process, which it reads from one JSON file at its start."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from sandbox.failure import SandboxError


@dataclass(frozen=True)
class CloudSettings:
    """Ports are on 127.0.0.1. Paths name PEM files unless stated otherwise.

    - `home` is the folder for everything that this process writes.
    - `ca_bundle` contains the machine's roots and `ca`.
    - `has_native_vectors`: whether the engine stores Faiss vectors itself; the user's own engine does.
    - `native_packages` is a folder made by sandbox.native_packages. Without it, assets must be pure Python.
    - `installer` is the command that makes such a folder for other requirements. Without it, there is only
      `native_packages`.
    - `egress_proxy_port` is the port of the functions' proxy. `model_cert` and `model_key` are those of the model hosts
      behind it. Without these three, functions reach no model host.
    - `spare_engine` is the command that starts and stops engines of further domains, and `spare_environment` its
      environment variables. Without it, there are no further engines.
    - `snapshots` is the folder of the engines' snapshots; None if the engine is the user's own.
    - `existing_endpoints` maps the names of SageMaker endpoints that always exist to their `model` and `shape`.
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
    installer: tuple[str, ...] = ()
    has_native_vectors: bool = False
    egress_proxy_port: int | None = None
    model_cert: Path | None = None
    model_key: Path | None = None
    snapshots: Path | None = None

    @classmethod
    def read(cls, path: Path) -> "CloudSettings":
        """Reads the settings. Raises SandboxError with the file and its fault: a missing entry or a missing file."""
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
