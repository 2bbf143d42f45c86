"""DescribeDomainHealth: the engine's cluster health in Amazon's form. MiniStack 1.5.33 lacks the operation."""

import re
from collections.abc import Callable
from typing import Any, Protocol

from ministack.core.concurrency import run_offloop
from ministack.services import opensearch

from sandbox.cloud.template import Properties, as_bool

PATH = re.compile(r"/2021-01-01/opensearch/domain/([^/]+)/health/?")


class DomainHealth(Protocol):
    """The part of the front that asks the engine."""

    def cluster_health(self, arn: str) -> dict[str, Any]: ...


def install(front: DomainHealth) -> None:
    """Wraps MiniStack's handler of domains; once per process."""
    opensearch.handle_request = _handling(opensearch.handle_request, front)


def answer(record: Properties, health: dict[str, Any] | None) -> Properties:
    """DescribeDomainHealth's answer for a domain.

    Args:
        record: MiniStack's record of the domain.
        health: The engine's answer to `_cluster/health`, or None if it does not answer.
    """
    hardware = record["ClusterConfig"]
    nodes, zones = int(hardware.get("InstanceCount") or 1), 1
    if as_bool(hardware.get("ZoneAwarenessEnabled")):
        zones = int((hardware.get("ZoneAwarenessConfig") or {}).get("AvailabilityZoneCount") or 2)
    standby = int(as_bool(hardware.get("MultiAZWithStandbyEnabled")))
    dedicated = as_bool(hardware.get("DedicatedMasterEnabled"))
    unassigned = int(health["unassigned_shards"]) if health else 0
    return {
        "DomainState": "Active" if health else "NotAvailable",
        "AvailabilityZoneCount": str(zones),
        "ActiveAvailabilityZoneCount": str(zones - standby),
        "StandByAvailabilityZoneCount": str(standby),
        "DataNodeCount": str(nodes),
        "DedicatedMaster": dedicated,
        "MasterEligibleNodeCount": str(hardware.get("DedicatedMasterCount") or 3 if dedicated else nodes),
        "WarmNodeCount": str(hardware.get("WarmCount") or 0),
        "MasterNode": "Available" if health else "UnAvailable",
        "ClusterHealth": str(health["status"]).capitalize() if health else "NotAvailable",
        "TotalShards": str(int(health["active_shards"]) + unassigned) if health else "0",
        "TotalUnAssignedShards": str(unassigned),
    }


def _handling(handle: Callable[..., Any], front: DomainHealth) -> Callable[..., Any]:
    def described(name: str) -> Any:
        record = opensearch._domains.get(name)
        if record is None:
            return opensearch._error(404, "ResourceNotFoundException", f"Domain not found: {name}")
        try:
            health = front.cluster_health(record["ARN"])
        except Exception:  # noqa: BLE001  after any error, the domain is not available
            health = None
        return opensearch._json(200, answer(record, health))

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        named = PATH.fullmatch(path)
        if named and method == "GET":
            return await run_offloop(described, named[1])
        return await handle(method, path, headers, body, query_params)

    return handle_request
