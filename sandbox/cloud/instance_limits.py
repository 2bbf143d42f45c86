"""DescribeInstanceTypeLimits: how many nodes of a type a domain may have, and how large their volumes may be.

MiniStack 1.5.33 lacks the operation. A type that is in no table of this module is refused, as Amazon refuses types that
it does not offer.
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#ebsresource
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.services import opensearch

from sandbox.cloud import api_shapes, domain_rules

PATH = re.compile(r"/2021-01-01/opensearch/instanceTypeLimits/(?P<version>[^/]+)/(?P<type>[^/]+)")
LEAST, MOST_NODES, MOST_BURSTING, MOST_MASTERS = 10, 80, 10, 5
FAMILIES = ("c5", "c6g", "c7g", "c8g", "m5", "m6g", "m7g", "m8g", "or1", "or2", "om2", "r5", "r6g", "r7g", "r8g")
OWN_DISKS = ("i3", "i4g", "i4i", "i8g", "im4gn", "r6gd", "r7gd", "r8gd")
# The largest volume of each instance size, in GiB.
SIZES = {
    "medium": 768,
    "large": 1536,
    "xlarge": 3072,
    "2xlarge": 6144,
    "4xlarge": 12288,
    "8xlarge": 16384,
    "12xlarge": 16384,
    "16xlarge": 16384,
}
BURSTING = {"t3.small": 100, "t3.medium": 200}


def install() -> None:
    """Handles this operation before MiniStack does; once per process, before `domain_api`."""
    opensearch.handle_request = _handling(opensearch.handle_request)


def _handling(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        match = PATH.fullmatch(path) if method == "GET" else None
        if match is None:
            return await handle(method, path, headers, body, query_params)
        if not domain_rules.ENGINE_VERSION.fullmatch(match["version"]):
            return opensearch._error(400, "ValidationException", f"Invalid engine version: {match['version']}")
        limits = limits_of(match["type"])
        if limits is None:
            return opensearch._error(409, "InvalidTypeException", f"Invalid instance type: {match['type']}")
        shape = api_shapes.operation("DescribeInstanceTypeLimits", "opensearch").output_shape
        answer = api_shapes.fitted(shape, {"LimitsByRole": limits})
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    return handle_request


def limits_of(instance_type: str) -> dict[str, Any] | None:
    """The limits by the role of a node; None for a type that is not offered."""
    name = instance_type.removesuffix(".search")
    family, _, size = name.partition(".")
    if name == instance_type or not (name in BURSTING or (family in (*FAMILIES, *OWN_DISKS) and size in SIZES)):
        return None
    nodes = MOST_BURSTING if name in BURSTING else MOST_NODES
    storage = (
        [] if family in OWN_DISKS else [_volumes(kind, BURSTING.get(name) or SIZES[size]) for kind in _kinds(family)]
    )
    return {
        "data": {"StorageTypes": storage, "InstanceLimits": _counts(1, nodes)},
        "master": {"InstanceLimits": _counts(2, MOST_MASTERS)},
    }


def _kinds(family: str) -> tuple[str, ...]:
    """The volume types of a family: instances since the seventh generation do not support gp2."""
    return ("gp3",) if family[1:2] in ("7", "8") or family.startswith("o") else ("gp2", "gp3")


def _volumes(kind: str, most: int) -> dict[str, Any]:
    limits = {"MinimumVolumeSize": LEAST, "MaximumVolumeSize": most}
    return {
        "StorageTypeName": "ebs",
        "StorageSubTypeName": kind,
        "StorageTypeLimits": [{"LimitName": name, "LimitValues": [str(value)]} for name, value in limits.items()],
    }


def _counts(least: int, most: int) -> dict[str, Any]:
    return {"InstanceCountLimits": {"MinimumInstanceCount": least, "MaximumInstanceCount": most}}
