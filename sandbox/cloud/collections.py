"""OpenSearch Serverless: MiniStack keeps collections and policies, and the front opens a collection's endpoint.

CloudFormation and the API both use the functions that are wrapped here. MiniStack 1.5.33 has the API, but neither the
CloudFormation types nor collection groups. For dashboards in a network policy it expects `dashboard/…`; Amazon uses the
collection's name.
"""

import json
import time
from collections.abc import Callable, Sequence
from collections.abc import Collection as AnyOf
from typing import Any, Literal, Protocol, cast

from ministack.core.responses import request_scope
from ministack.services import opensearchserverless as aoss
from ministack.services.cloudformation import stacks

from sandbox.cloud import collection_policies as rules
from sandbox.cloud import collection_records
from sandbox.cloud.collection_types import COLLECTION, register
from sandbox.front.collection.record import CollectionRecord, DataPolicy, Policies

Record = dict[str, Any]


class CollectionEndpoints(Protocol):
    """The part of the front that opens and closes collections."""

    def add_collection(self, collection: CollectionRecord, policies: Policies) -> int: ...

    def remove_collection(self, arn: str) -> None: ...


class MiniStackPolicies:
    """Implements `sandbox.front.collection.record.Policies` with MiniStack's policies."""

    def network(self, account: str, region: str) -> Sequence[Sequence[Record]]:
        with request_scope(account, region):
            kept = list(aoss._security_policies.values())
        return [record["policy"] for record in kept if record["type"] == "network"]

    def data(self, account: str, region: str) -> Sequence[DataPolicy]:
        now = time.time()
        with request_scope(account, region):
            kept = list(aoss._access_policies.values())
        return [DataPolicy(record["policy"], now - record["createdDate"] / 1000) for record in kept]

    def vpc_endpoints(self, account: str, region: str) -> AnyOf[str]:
        with request_scope(account, region):
            return set(collection_records.VPC_ENDPOINTS)


def install(front: CollectionEndpoints) -> None:
    """Wraps MiniStack's collections and registers the CloudFormation types; once per process."""
    aoss._validate_encryption_policy = _refusing(_check_encryption)
    aoss._validate_network_policy = _refusing(rules.check_network)
    aoss._validate_data_policy = _refusing(rules.check_data)
    aoss._start_provisioning = lambda _: None
    aoss._DETAIL_FIELDS = (*aoss._DETAIL_FIELDS, "collectionGroupName")
    aoss._SUMMARY_FIELDS = (*aoss._SUMMARY_FIELDS, "collectionGroupName")
    aoss._create_collection = _creating(aoss._create_collection, front)
    aoss._delete_collection = _deleting(aoss._delete_collection, front)
    aoss._HANDLERS |= {"CreateCollection": aoss._create_collection, "DeleteCollection": aoss._delete_collection}
    aoss._HANDLERS |= collection_records.OPERATIONS
    # Opening an endpoint waits for the engine, so it runs on a worker thread: the gateway must not wait.
    aoss._OFFLOOP |= {"CreateCollection"}
    runs_on_worker = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type == COLLECTION or runs_on_worker(resource_type)
    register()


def _creating(create: Callable[[Record], Any], front: CollectionEndpoints) -> Callable[[Record], Any]:
    def _create_collection(data: Record) -> Any:
        wanted = dict(data)
        group = collection_records.joined(wanted.pop("collectionGroupName", None), wanted)
        answer = create(wanted)
        record = aoss._collections[json.loads(answer[2])["createCollectionDetail"]["id"]]
        if group is not None:
            record["collectionGroupName"] = group["name"]
        _, _, _, region, account, _ = record["arn"].split(":", 5)
        generation = cast(Literal["CLASSIC", "NEXTGEN"], group["generation"] if group else "CLASSIC")
        opened = CollectionRecord(record["arn"], record["name"], account, region, record["type"], generation)
        try:
            port = front.add_collection(opened, MiniStackPolicies())
        except Exception:
            aoss._collections.pop(record["id"], None)
            aoss._tags.pop(record["arn"], None)
            raise
        endpoint = f"https://127.0.0.1:{port}"
        record |= {"collectionEndpoint": endpoint, "dashboardEndpoint": f"{endpoint}/_dashboards", "status": "ACTIVE"}
        return answer

    return _create_collection


def _deleting(delete: Callable[[Record], Any], front: CollectionEndpoints) -> Callable[[Record], Any]:
    def _delete_collection(data: Record) -> Any:
        record: Record = aoss._collections.get(data.get("id")) or {}
        answer = delete(data)
        front.remove_collection(record["arn"])
        return answer

    return _delete_collection


def _check_encryption(document: Any, own_name: str) -> None:
    others = {
        record["name"]: record["policy"]
        for record in aoss._security_policies.values()
        if record["type"] == "encryption" and record["name"] != own_name
    }
    rules.check_encryption(document, others)


def _refusing(check: Callable[..., None]) -> Callable[..., None]:
    """The check, which raises MiniStack's `_Invalid` instead: its API answers with a ValidationException."""

    def validate(*args: Any) -> None:
        try:
            check(*args)
        except rules.InvalidPolicy as reason:
            raise aoss._Invalid(str(reason)) from reason

    return validate
