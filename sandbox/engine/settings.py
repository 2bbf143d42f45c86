"""The content of an instance's `opensearch.yml`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def settings(
    *,
    data: Path,
    logs: Path,
    http_port: int,
    transport_port: int,
    node_dn: str,
    admin_dn: str,
    trusted_endpoints: Sequence[str],
    snapshots: Path,
    ml: bool,
) -> dict[str, Any]:
    """The settings of a cluster with one node on 127.0.0.1.

    - `snapshots` is the folder in which snapshot repositories may be.
    - `trusted_endpoints` are regular expressions for the URLs that connectors may have.
    - `ml` is False if the engine has no ml-commons: the engine then refuses ml-commons' settings.

    The certificates are `tls/{ca,node,node-key}.pem`, relative to the folder of the file.
    """
    security = "plugins.security"
    tls = {
        "pemcert_filepath": "tls/node.pem",
        "pemkey_filepath": "tls/node-key.pem",
        "pemtrustedcas_filepath": "tls/ca.pem",
    }
    return {
        "cluster.name": "sandbox",
        "node.name": "engine",
        "path.data": str(data),
        "path.logs": str(logs),
        "path.repo": [str(snapshots)],
        "network.host": "127.0.0.1",
        "http.port": http_port,
        "transport.port": transport_port,
        "discovery.type": "single-node",
        "cluster.routing.allocation.disk.threshold_enabled": False,
        **{f"{security}.ssl.{layer}.{key}": value for layer in ("http", "transport") for key, value in tls.items()},
        f"{security}.ssl.http.enabled": True,
        f"{security}.ssl.http.clientauth_mode": "OPTIONAL",
        f"{security}.ssl.transport.enforce_hostname_verification": False,
        f"{security}.nodes_dn": [node_dn],
        f"{security}.authcz.admin_dn": [admin_dn],
        f"{security}.allow_default_init_securityindex": True,
        f"{security}.system_indices.enabled": True,
        f"{security}.audit.type": "noop",
        f"{security}.restapi.roles_enabled": ["all_access", "security_manager"],
        **(_machine_learning(trusted_endpoints) if ml else {}),
    }


def _machine_learning(trusted_endpoints: Sequence[str]) -> dict[str, Any]:
    ml = "plugins.ml_commons"
    return {
        f"{ml}.only_run_on_ml_node": False,
        f"{ml}.native_memory_threshold": 100,
        f"{ml}.jvm_heap_memory_threshold": 100,
        f"{ml}.disk_free_space_threshold": "100mb",
        f"{ml}.connector.private_ip_enabled": True,
        f"{ml}.trusted_connector_endpoints_regex": list(trusted_endpoints),
    }
