"""The types `AWS::OpenSearchServerless::*` of CloudFormation; they call the functions of the API.

The values of `Ref` and the properties that need a replacement are from the registered schemas of the types.
"""

import json
from typing import Any

from ministack.services import opensearchserverless as aoss
from ministack.services.cloudformation import provisioners

from sandbox.cloud import collection_records as records
from sandbox.cloud.template import Properties, as_bool

SERVICE = "AWS::OpenSearchServerless"
COLLECTION = f"{SERVICE}::Collection"
_REPLACED_BY = {
    "Collection": ("Name", "Tags", "Type", "StandbyReplicas", "CollectionGroupName", "EncryptionConfig"),
    "CollectionGroup": ("Name", "StandbyReplicas", "Generation"),
    "SecurityPolicy": ("Type", "Name"),
    "AccessPolicy": ("Type", "Name"),
    "LifecyclePolicy": ("Type", "Name"),
    "VpcEndpoint": ("Name", "VpcId"),
}
Made = tuple[str, Properties]


def register() -> None:
    """Registers the six types with MiniStack's CloudFormation; once per process."""
    handlers: dict[str, tuple[Any, Any, Any]] = {
        "Collection": (_create_collection, _update_collection, _delete_collection),
        "CollectionGroup": (_create_group, _update_group, lambda identity, _: records.end_group(identity)),
        "SecurityPolicy": _policy_handlers("security"),
        "AccessPolicy": _policy_handlers("access"),
        "LifecyclePolicy": (_create_lifecycle, _update_lifecycle, _delete_lifecycle),
        "VpcEndpoint": (_create_endpoint, _update_endpoint, lambda identity, _: records.end_vpc_endpoint(identity)),
    }
    for name, (create, update, delete) in handlers.items():
        verbs = {"create": create, "update": update, "delete": delete}
        provisioners._RESOURCE_HANDLERS[f"{SERVICE}::{name}"] = verbs
        provisioners._REPLACING_PROPERTIES[f"{SERVICE}::{name}"] = _REPLACED_BY[name]


def _create_collection(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    data = _request(props)
    encryption = props.get("EncryptionConfig")
    if encryption:
        data["encryptionConfig"] = {
            "aWSOwnedKey": as_bool(encryption.get("AWSOwnedKey")),
            "kmsKeyArn": encryption.get("KmsKeyArn"),
        }
    answer = json.loads(aoss._create_collection(data)[2])
    return _described(answer["createCollectionDetail"]["id"])


def _update_collection(identity: str, _old: Properties, props: Properties, _stack_name: str) -> Made:
    wanted = _request(props)
    changed: Properties = {"id": identity}
    changed["description"] = wanted.get("description", "")
    changed["deletionProtection"] = wanted.get("deletionProtection", "DISABLED")
    if "vectorOptions" in wanted:
        changed["vectorOptions"] = wanted["vectorOptions"]
    aoss._update_collection(changed)
    return _described(identity)


def _delete_collection(identity: str, _props: Properties) -> None:
    if identity in aoss._collections:
        aoss._delete_collection({"id": identity})


def _described(identity: str) -> Made:
    record = aoss._collections[identity]
    names = ("Id", "Arn", "CollectionEndpoint", "DashboardEndpoint", "KmsKeyArn")
    return identity, {name: record[name[0].lower() + name[1:]] for name in names}


def _create_group(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    made = records.make_group(_request(props))
    return made["id"], {"Id": made["id"], "Arn": made["arn"]}


def _update_group(identity: str, _old: Properties, props: Properties, _stack_name: str) -> Made:
    records.change_group(identity, _request(props))
    return identity, {}


def _create_endpoint(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    made = records.make_vpc_endpoint(_request(props))
    return made["id"], {"Id": made["id"]}


def _update_endpoint(identity: str, _old: Properties, props: Properties, _stack_name: str) -> Made:
    records.change_vpc_endpoint(identity, _request(props))
    return identity, {}


def _create_lifecycle(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    records.write_lifecycle_policy(_request(props), creating=True)
    return f"{props['Type']}|{props['Name']}", {}


def _update_lifecycle(identity: str, _old: Properties, props: Properties, _stack_name: str) -> Made:
    records.write_lifecycle_policy(_request(props), creating=False)
    return identity, {}


def _delete_lifecycle(identity: str, _props: Properties) -> None:
    records.end_lifecycle_policy(identity.partition("|")[2])


def _policy_handlers(kind: str) -> tuple[Any, Any, Any]:
    """The handlers for create, update and delete. `kind` is `security` (encryption, network) or `access` (data)."""
    kept = {"security": aoss._security_policies, "access": aoss._access_policies}[kind]
    check = {"security": aoss._security_validator, "access": aoss._access_validator}[kind]

    def create(_logical_id: str, props: Properties, _stack_name: str) -> Made:
        record = aoss._put_policy(kept, kind, _request(props), check)
        return f"{record['type']}|{record['name']}", {}

    def update(identity: str, _old: Properties, props: Properties, _stack_name: str) -> Made:
        version = (kept.get(identity.replace("|", "/")) or {}).get("policyVersion")
        aoss._update_policy(kept, kind, {"description": "", **_request(props), "policyVersion": version}, check)
        return identity, {}

    def delete(identity: str, _props: Properties) -> None:
        kept.pop(identity.replace("|", "/"), None)

    return create, update, delete


def _request(props: Properties) -> Properties:
    """Properties as the API names them: with a small first letter at the top level, in capacity limits and in tags."""
    data = {_small(key): value for key, value in props.items()}
    if isinstance(data.get("capacityLimits"), dict):
        data["capacityLimits"] = {_small(key): float(value) for key, value in data["capacityLimits"].items()}
    if isinstance(data.get("tags"), list):
        data["tags"] = [{_small(key): value for key, value in tag.items()} for tag in data["tags"]]
    return data


def _small(key: str) -> str:
    return key[0].lower() + key[1:]
