"""The settings of the front."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.front.replay import TOGETHER_SECONDS
from sandbox.front.url_rewriter import MODEL_HOSTS


@dataclass(frozen=True)
class FrontSettings:
    """Addresses, PEM files and limits.

    - `domain_ports` is the range of ports for domains and collections; it includes both ends.
    - `young_role_seconds`: roles and data access policies apply only when their last change is this old, as on AWS.
    - `model_hosts` are the hosts outside AWS that the model endpoints emulate.
    - `together_seconds`: see `replay`.
    - `has_native_vectors`: whether the engine can store Faiss vectors; the assembled engine cannot.
    - `snapshots` is the folder in which every engine stores the snapshots of all buckets; None for no snapshots.
    """

    engine_url: str
    models_url: str
    egress_port: int
    ca: str
    admin_cert: str
    admin_key: str
    server_cert: str
    server_key: str
    domain_ports: tuple[int, int]
    young_role_seconds: float = 0.0
    model_hosts: tuple[str, ...] = MODEL_HOSTS
    together_seconds: float = TOGETHER_SECONDS
    has_native_vectors: bool = False
    snapshots: Path | None = None
