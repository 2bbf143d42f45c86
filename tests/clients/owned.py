"""Objects for clients: a domain whose master user has a name and a password, and a Classic collection."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3

from tests.waiting import until

USER, PASSWORD = "chief", "Foreign-hands-1"


def domain(admin: boto3.Session) -> Iterator[dict[str, Any]]:
    """Make a domain; yields its status, and removes it at the end."""
    opensearch, name = admin.client("opensearch"), f"foreign-{uuid.uuid4().hex[:8]}"
    everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}
    opensearch.create_domain(
        DomainName=name,
        EngineVersion="OpenSearch_2.19",
        ClusterConfig={"InstanceType": "r6g.large.search", "InstanceCount": 1},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 10},
        EncryptionAtRestOptions={"Enabled": True},
        NodeToNodeEncryptionOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": True},
        AccessPolicies=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}),
        AdvancedSecurityOptions={
            "Enabled": True,
            "InternalUserDatabaseEnabled": True,
            "MasterUserOptions": {"MasterUserName": USER, "MasterUserPassword": PASSWORD},
        },
    )
    yield until(
        "the domain",
        lambda: dict(opensearch.describe_domain(DomainName=name)["DomainStatus"]),
        lambda status: not status["Processing"],
    )
    opensearch.delete_domain(DomainName=name)


def classic_collection(admin: boto3.Session, role: str) -> Iterator[str]:
    """Make a vector collection in which `role` has all permissions; yields its address, and removes it at the end."""
    aoss, name = admin.client("opensearchserverless"), f"foreign-{uuid.uuid4().hex[:8]}"
    own = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
    encryption = {"Rules": [own], "AWSOwnedKey": True}
    aoss.create_security_policy(name=name, type="encryption", policy=json.dumps(encryption))
    network = [{"Rules": [own], "AllowFromPublic": True}]
    aoss.create_security_policy(name=name, type="network", policy=json.dumps(network))
    rules = [{"ResourceType": "index", "Resource": [f"index/{name}/*"], "Permission": ["aoss:*"]}]
    data = [{"Rules": rules, "Principal": [role]}]
    aoss.create_access_policy(name=name, type="data", policy=json.dumps(data))
    made = aoss.create_collection(name=name, type="VECTORSEARCH")["createCollectionDetail"]["id"]
    active = until(
        "the collection",
        lambda: aoss.batch_get_collection(ids=[made])["collectionDetails"][0],
        lambda collection: collection["status"] == "ACTIVE",
    )
    yield active["collectionEndpoint"]
    aoss.delete_collection(id=made)
    aoss.delete_access_policy(name=name, type="data")
    for kind in ("network", "encryption"):
        aoss.delete_security_policy(name=name, type=kind)
