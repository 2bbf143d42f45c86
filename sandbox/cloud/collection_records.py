"""Further objects of OpenSearch Serverless: collection groups, VPC endpoints, lifecycle policies.

MiniStack 1.5.33 has none of them. Here they are records. A group determines the generation of its collections, and
network policies can name a VPC endpoint. Lifecycle policies have no effect.
"""

import json
import re
import secrets
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, json_response
from ministack.services import opensearchserverless as aoss

from sandbox.cloud import collection_policies as rules

Record = dict[str, Any]
NAME = re.compile(r"[a-z][a-z0-9-]{2,31}")
ON_OFF = ("ENABLED", "DISABLED")
LIMITS = ("IndexingCapacityInOCU", "SearchCapacityInOCU")

GROUPS = AccountRegionScopedDict()
VPC_ENDPOINTS = AccountRegionScopedDict()
LIFECYCLE_POLICIES = AccountRegionScopedDict()


def joined(group_name: str | None, collection: Record) -> Record | None:
    """The group of a new collection; raises MiniStack's `_Invalid` if the collection cannot join it."""
    if group_name is None:
        return None
    group = _by_name(GROUPS, group_name)
    if group is None:
        raise aoss._Invalid(f"Collection group {group_name} is not found", "ResourceNotFoundException")
    if collection.get("standbyReplicas", "ENABLED") != group["standbyReplicas"]:
        raise aoss._Invalid(
            f"standbyReplicas of a collection must be that of its collection group {group_name}: "
            f"{group['standbyReplicas']}"
        )
    return group


def make_group(data: Record) -> Record:
    """`data` as CreateCollectionGroup takes it; raises MiniStack's `_Invalid`."""
    _check_name(data.get("name"), GROUPS, "Collection group")
    aoss._validate_enum(data.get("standbyReplicas"), "standbyReplicas", ON_OFF)
    generation = data.get("generation", "CLASSIC")
    aoss._validate_enum(generation, "generation", ("CLASSIC", "NEXTGEN"))
    _check_capacity(data.get("capacityLimits") or {})
    identity = _new_id()
    arn = f"arn:aws:aoss:{get_region()}:{get_account_id()}:collection-group/{identity}"
    GROUPS[identity] = {**_given(data), "id": identity, "arn": arn, "generation": generation, "createdDate": _now()}
    return dict(GROUPS[identity])


def change_group(identity: str, data: Record) -> None:
    """Changes the description and the capacity limits; raises MiniStack's `_Invalid`."""
    _check_capacity(data.get("capacityLimits") or {})
    GROUPS[identity] = {**_kept(GROUPS, identity), **_given(data)}


def end_group(identity: str) -> None:
    """Delete a group. A missing group is no error. Raises MiniStack's `_Invalid` for a group with collections."""
    group = GROUPS.get(identity)
    if group is None:
        return
    members = [c["name"] for c in aoss._collections.values() if c.get("collectionGroupName") == group["name"]]
    if members:
        raise aoss._Invalid(
            f"Collection group {group['name']} cannot be deleted: {', '.join(members)} is in it", "ConflictException"
        )
    del GROUPS[identity]


def make_vpc_endpoint(data: Record) -> Record:
    _check_name(data.get("name"), VPC_ENDPOINTS, "Vpc endpoint")
    if not data.get("vpcId") or not data.get("subnetIds"):
        raise aoss._Invalid("A Vpc endpoint needs vpcId and subnetIds")
    identity = f"vpce-{secrets.token_hex(9)[:17]}"
    VPC_ENDPOINTS[identity] = {**_given(data), "id": identity, "status": "ACTIVE", "createdDate": _now()}
    return dict(VPC_ENDPOINTS[identity])


def change_vpc_endpoint(identity: str, data: Record) -> None:
    VPC_ENDPOINTS[identity] = {**_kept(VPC_ENDPOINTS, identity), **_given(data)}


def end_vpc_endpoint(identity: str) -> None:
    """Delete an endpoint; raises MiniStack's `_Invalid` while a network policy names it."""
    for policy in aoss._security_policies.values():
        statements = policy["policy"] if policy["type"] == "network" else []
        if any(identity in (statement.get("SourceVPCEs") or ()) for statement in statements):
            raise aoss._Invalid(f"{identity} is in the network policy {policy['name']}: remove it there first")
    VPC_ENDPOINTS.pop(identity, None)


def write_lifecycle_policy(data: Record, *, creating: bool) -> None:
    """Checks and writes a policy of the type `retention`; raises MiniStack's `_Invalid`."""
    aoss._validate_enum(data.get("type"), "type", ("retention",))
    if creating:
        _check_name(data.get("name"), LIFECYCLE_POLICIES, "Lifecycle policy")
    document = aoss._parse_policy_document(data.get("policy"))
    try:
        rules.check_retention(document)
    except rules.InvalidPolicy as reason:
        raise aoss._Invalid(str(reason)) from reason
    LIFECYCLE_POLICIES[data["name"]] = {**_given(data), "policy": document}


def end_lifecycle_policy(name: str) -> None:
    LIFECYCLE_POLICIES.pop(name, None)


def _check_name(name: Any, kept: Any, kind: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise aoss._Invalid(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: [a-z][a-z0-9-]+ and length 3-32"
        )
    if _by_name(kept, name) is not None:
        raise aoss._Invalid(f"{kind} with name {name} already exists", "ConflictException")


def _check_capacity(limits: Record) -> None:
    for limit in LIMITS:
        least, most = float(limits.get(f"min{limit}", 0)), float(limits.get(f"max{limit}", "inf"))
        if least < 0 or most < 1 or least > most:
            raise aoss._Invalid(f"min{limit} {least:g} and max{limit} {most:g} are no range of at least 0 and up to 1")


def _given(data: Record) -> Record:
    return {key: value for key, value in data.items() if value is not None and key != "clientToken"}


def _kept(records: Any, identity: str) -> Record:
    if identity not in records:
        raise aoss._Invalid(f"{identity} is not found", "ResourceNotFoundException")
    return dict(records[identity])


def _by_name(records: Any, name: str) -> Record | None:
    return next((dict(record) for record in records.values() if record["name"] == name), None)


def _new_id() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(20))


def _now() -> int:
    return int(time.time() * 1000)


def _listing(records: Any, key: str) -> Any:
    return lambda _: json_response({key: [dict(record) for record in records.values()]})


def _reading(records: Any, details: str, errors: str) -> Any:
    def read(data: Record) -> Any:
        wanted = data.get("ids") or [record["id"] for record in records.values() if record["name"] in data["names"]]
        absent = [{"id": name, "errorCode": "NOT_FOUND"} for name in wanted if name not in records]
        details_found = [json.loads(json.dumps(records[name])) for name in wanted if name in records]
        return json_response({details: details_found, errors: absent})

    return read


OPERATIONS = {
    "ListCollectionGroups": _listing(GROUPS, "collectionGroupSummaries"),
    "BatchGetCollectionGroup": _reading(GROUPS, "collectionGroupDetails", "collectionGroupErrorDetails"),
    "ListVpcEndpoints": _listing(VPC_ENDPOINTS, "vpcEndpointSummaries"),
    "BatchGetVpcEndpoint": _reading(VPC_ENDPOINTS, "vpcEndpointDetails", "vpcEndpointErrorDetails"),
    "ListLifecyclePolicies": _listing(LIFECYCLE_POLICIES, "lifecyclePolicySummaries"),
}
