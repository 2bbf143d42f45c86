"""What the cloud process is told at its start: one JSON file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sandbox.failure import SandboxError


@dataclass(frozen=True)
class CloudSettings:
    """Ports are on 127.0.0.1; paths name PEM files unless said otherwise.

    `home` is a folder for everything this process writes. `ca_bundle` holds the machine's roots and `ca`.
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

    @classmethod
    def read(cls, path: Path) -> "CloudSettings":
        """Raises SandboxError naming the file and the entry that is missing, or the file that does not exist."""
        try:
            given: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError) as reason:
            raise SandboxError(f"The cloud's settings {path} cannot be read: {reason}.") from reason
        missing = sorted(field.name for field in fields(cls) if field.name not in given)
        if missing:
            raise SandboxError(f"The cloud's settings {path} lack {', '.join(missing)}: add them.")
        for name in ("ca", "ca_bundle", "admin_cert", "admin_key", "server_cert", "server_key"):
            given[name] = Path(given[name])
            if not given[name].is_file():
                raise SandboxError(f"The cloud's settings {path} name {given[name]} as {name}: there is no such file.")
        first, last = given["domain_ports"]
        known = {field.name: given[field.name] for field in fields(cls)}
        return cls(**{**known, "home": Path(given["home"]), "domain_ports": (int(first), int(last))})
