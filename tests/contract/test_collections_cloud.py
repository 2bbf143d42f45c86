"""OpenSearch Serverless in a stack: CloudFormation's types, Amazon's API, and the endpoint on a real engine."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from sandbox.front.authority import SessionKeys
from sandbox.instance import Instance
from tests.contract.cloud_process import Cloud, running
from tests.contract.front_domain import Client
from tests.contract.front_engine import EngineAddress

pytestmark = pytest.mark.collection
# The process as `osml sandbox up` starts it.
REAL = "import sys\nfrom sandbox.cloud.__main__ import main\nmain(sys.argv[1:])\n"
SERVICE = "AWS::OpenSearchServerless"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, contract_engine: EngineAddress) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("aoss")
    with running(
        folder,
        REAL,
        engine_url=contract_engine.url,
        ca=contract_engine.ca,
        admin_cert=contract_engine.admin_cert,
        admin_key=contract_engine.admin_key,
        domain_ports=Instance("aoss", folder).ports().domains,
    ) as process:
        yield process


@pytest.fixture
def name() -> str:
    return f"c{uuid.uuid4().hex[:8]}"


def policy(kind: str, name: str, document: Any) -> dict[str, Any]:
    resource = "AccessPolicy" if kind == "data" else "SecurityPolicy"
    return {
        "Type": f"{SERVICE}::{resource}",
        "Properties": {"Name": name, "Type": kind, "Policy": {"Fn::Sub": json.dumps(document)}},
    }


def rule(kind: str, resource: str, *permissions: str) -> dict[str, Any]:
    made: dict[str, Any] = {"ResourceType": kind, "Resource": [resource]}
    return made | ({"Permission": list(permissions)} if permissions else {})


def stack_of(name: str, *permissions: str, **changes: Any) -> dict[str, Any]:
    """A collection in a group, with everything that it needs; `changes` are properties of the collection."""
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
    may = {"Effect": "Allow", "Action": "aoss:APIAccessAll", "Resource": {"Fn::GetAtt": ["Collection", "Arn"]}}
    everywhere = [rule("collection", f"collection/{name}"), rule("dashboard", f"collection/{name}")]
    access = {
        "Rules": [rule("index", f"index/{name}/*", *(permissions or ("aoss:*",)))],
        "Principal": ["${Role.Arn}"],
    }
    return {
        "Encryption": policy("encryption", name, {"Rules": everywhere[:1], "AWSOwnedKey": True}),
        "Network": policy("network", name, [{"Rules": everywhere, "AllowFromPublic": True}]),
        "Group": {
            "Type": f"{SERVICE}::CollectionGroup",
            "Properties": {
                "Name": name,
                "StandbyReplicas": "DISABLED",
                "Generation": "NEXTGEN",
                "CapacityLimits": {"MinSearchCapacityInOCU": 0, "MaxSearchCapacityInOCU": 2},
            },
        },
        "Collection": {
            "Type": f"{SERVICE}::Collection",
            "DependsOn": ["Encryption", "Group"],
            "Properties": {
                "Name": name,
                "Type": "VECTORSEARCH",
                "StandbyReplicas": "DISABLED",
                "CollectionGroupName": name,
                **changes,
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "May": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "may", "Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [may]}},
        },
        "Data": policy("data", name, [access]),
    }


OUTPUTS = {
    "Ref": {"Ref": "Collection"},
    **{key: {"Fn::GetAtt": ["Collection", key]} for key in ("Arn", "CollectionEndpoint", "DashboardEndpoint")},
    "GroupArn": {"Fn::GetAtt": ["Group", "Arn"]},
    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
}


def caller(cloud: Cloud, values: dict[str, str]) -> Client:
    keys = cloud.client("sts").assume_role(RoleArn=values["RoleArn"], RoleSessionName="trial")["Credentials"]
    session = SessionKeys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return Client(values["CollectionEndpoint"], cloud.bundle, session, service="aoss")


def names_kept(cloud: Cloud) -> dict[str, list[str]]:
    """The names of all objects of OpenSearch Serverless."""
    api = cloud.client("opensearchserverless")
    return {
        "collections": [summary["name"] for summary in api.list_collections()["collectionSummaries"]],
        "groups": [summary["name"] for summary in api.list_collection_groups()["collectionGroupSummaries"]],
        "network": [
            summary["name"] for summary in api.list_security_policies(type="network")["securityPolicySummaries"]
        ],
        "encryption": [
            summary["name"] for summary in api.list_security_policies(type="encryption")["securityPolicySummaries"]
        ],
        "data": [summary["name"] for summary in api.list_access_policies(type="data")["accessPolicySummaries"]],
        "endpoints": [summary["name"] for summary in api.list_vpc_endpoints()["vpcEndpointSummaries"]],
        "retention": [
            summary["name"] for summary in api.list_lifecycle_policies(type="retention")["lifecyclePolicySummaries"]
        ],
    }


def engine_indexes(engine: EngineAddress) -> str:
    certificate = (engine.admin_cert, engine.admin_key)
    return requests.get(f"{engine.url}/_cat/indices/aoss-*", cert=certificate, verify=engine.ca, timeout=60).text


def test_a_stack_opens_a_collection_and_takes_everything_away_again(
    cloud: Cloud, name: str, contract_engine: EngineAddress
) -> None:
    stack = cloud.deploy(stack_of(name), OUTPUTS)
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    values = settled["values"]
    api = cloud.client("opensearchserverless")
    [details] = api.batch_get_collection(names=[name])["collectionDetails"]
    assert (details["id"], details["arn"]) == (values["Ref"], values["Arn"])
    assert details["collectionEndpoint"] == values["CollectionEndpoint"]
    assert values["DashboardEndpoint"] == values["CollectionEndpoint"] + "/_dashboards"
    assert (details["status"], details["collectionGroupName"], details["type"]) == ("ACTIVE", name, "VECTORSEARCH")
    [group] = api.batch_get_collection_group(names=[name])["collectionGroupDetails"]
    assert (group["arn"], group["generation"]) == (values["GroupArn"], "NEXTGEN")

    client = caller(cloud, values)
    vector = {"type": "knn_vector", "dimension": 2}
    body = {"settings": {"index.knn": True}, "mappings": {"properties": {"v": vector}}}
    assert client("PUT", "/articles", body).status_code == 200
    assert client("POST", "/articles/_doc", {"v": [1, 0]}).status_code == 201
    engine = vector | {"method": {"name": "hnsw", "engine": "faiss"}}
    refused = client("PUT", "/other", {"mappings": {"properties": {"v": engine}}})
    assert "Field parameter 'engine' is not supported" in refused.text

    stack.delete()
    assert name not in json.dumps(names_kept(cloud))
    assert "articles" not in engine_indexes(contract_engine)
    with pytest.raises(requests.ConnectionError):
        client("GET", "/_cat/indices")


def test_an_update_of_the_data_policy_takes_effect(cloud: Cloud, name: str) -> None:
    stack = cloud.deploy(stack_of(name, "aoss:DescribeIndex"), OUTPUTS)
    client = caller(cloud, stack.settled()["values"])
    assert client("PUT", "/articles", {}).status_code == 403
    assert stack.update(stack_of(name, "aoss:CreateIndex"), OUTPUTS)["StackStatus"] == "UPDATE_COMPLETE"
    assert client("PUT", "/articles", {}).status_code == 200
    assert client("GET", "/articles").status_code == 403
    stack.delete()


def test_a_change_of_a_fixed_property_needs_another_collection(cloud: Cloud, name: str) -> None:
    stack = cloud.deploy(stack_of(name), OUTPUTS)
    first = stack.settled()["values"]["Ref"]
    described = stack.update(stack_of(name, Description="of articles"), OUTPUTS)
    assert described["values"]["Ref"] == first
    api = cloud.client("opensearchserverless")
    assert api.batch_get_collection(ids=[first])["collectionDetails"][0]["description"] == "of articles"

    kept = stack.update(stack_of(name, Type="SEARCH"), OUTPUTS)
    assert kept["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert f"A collection with name {name} already exists" in stack.reasons()

    renamed = stack_of(name, Name=f"{name}-b", Type="SEARCH")
    renamed["Encryption"] = policy(
        "encryption", name, {"Rules": [rule("collection", f"collection/{name}*")], "AWSOwnedKey": True}
    )
    assert stack.update(renamed, OUTPUTS)["values"]["Ref"] != first
    assert names_kept(cloud)["collections"] == [f"{name}-b"]
    stack.delete()


def test_a_collection_needs_an_encryption_policy_first(cloud: Cloud, name: str) -> None:
    resources = {key: value for key, value in stack_of(name).items() if key in ("Group", "Collection")}
    resources["Collection"]["DependsOn"] = ["Group"]
    stack = cloud.deploy(resources)
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert (
        f"No matching security policy of encryption type found for collection name: {name}. "
        "Please create security policy of encryption type for this collection."
    ) in stack.reasons()
    stack.delete()
    own = cloud.deploy(
        {
            "Collection": {
                "Type": f"{SERVICE}::Collection",
                "Properties": {"Name": name, "EncryptionConfig": {"AWSOwnedKey": True}},
            }
        }
    )
    assert own.settled()["StackStatus"] == "CREATE_COMPLETE", own.reasons()
    own.delete()


REFUSED = [
    ({"Name": "Capitals"}, "Value 'Capitals' at 'name' failed to satisfy constraint"),
    ({"Name": "ab"}, "Value 'ab' at 'name' failed to satisfy constraint"),
    ({"StandbyReplicas": "ENABLED"}, "standbyReplicas of a collection must be that of its collection group"),
    ({"CollectionGroupName": "nowhere"}, "Collection group nowhere is not found"),
    ({"Type": "GRAPH"}, "Value 'GRAPH' at 'type' failed to satisfy constraint"),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_a_collection_that_amazon_refuses(cloud: Cloud, name: str, changes: dict[str, Any], sentence: str) -> None:
    stack = cloud.deploy(stack_of(name, **changes))
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert sentence in stack.reasons()
    assert names_kept(cloud)["collections"] == []
    stack.delete()


def test_names_are_unique_and_groups_outlive_their_collections(cloud: Cloud, name: str) -> None:
    stack = cloud.deploy(stack_of(name), OUTPUTS)
    assert stack.settled()["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    twice = cloud.deploy({"Network": stack_of(name)["Network"]})
    assert twice.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"Policy with name {name} and type network already exists" in twice.reasons()
    api = cloud.client("opensearchserverless")
    with pytest.raises(ClientError, match="already exists"):
        api.create_collection(name=name, type="SEARCH")
    kept = stack_of(name)
    kept["Collection"]["DeletionPolicy"] = "Retain"
    stack.update(kept, OUTPUTS)
    stack.cloudformation.delete_stack(StackName=stack.name)
    assert stack.settled()["StackStatus"] == "DELETE_FAILED"
    assert f"Collection group {name} cannot be deleted: {name} is in it" in stack.reasons()
    [details] = api.batch_get_collection(names=[name])["collectionDetails"]
    api.delete_collection(id=details["id"])
    stack.delete()
    twice.delete()
    assert not any(names_kept(cloud).values())


def test_a_protected_collection_is_not_deleted(cloud: Cloud, name: str) -> None:
    stack = cloud.deploy(stack_of(name, DeletionProtection="ENABLED"), OUTPUTS)
    endpoint = stack.settled()["values"]["CollectionEndpoint"]
    stack.cloudformation.delete_stack(StackName=stack.name)
    assert stack.settled()["StackStatus"] == "DELETE_FAILED"
    assert "deletion protection" in stack.reasons()
    unsigned = requests.get(endpoint, verify=cloud.bundle, timeout=60)
    assert (unsigned.status_code, unsigned.json()["error"]["type"]) == (403, "Forbidden")
    api = cloud.client("opensearchserverless")
    [details] = api.batch_get_collection(names=[name])["collectionDetails"]
    api.update_collection(id=details["id"], deletionProtection="DISABLED")
    stack.delete()
    assert names_kept(cloud)["collections"] == []


def test_endpoints_and_retention_are_kept_as_records(cloud: Cloud, name: str) -> None:
    retention = {"Rules": [{"ResourceType": "index", "Resource": [f"index/{name}/*"], "MinIndexRetention": "15d"}]}
    networks = [{"Rules": [rule("collection", f"collection/{name}")], "SourceVPCEs": ["${Endpoint}"]}]
    resources = {
        "Endpoint": {
            "Type": f"{SERVICE}::VpcEndpoint",
            "Properties": {"Name": name, "VpcId": "vpc-1", "SubnetIds": ["subnet-12345678"]},
        },
        "Kept": {
            "Type": f"{SERVICE}::LifecyclePolicy",
            "Properties": {"Name": name, "Type": "retention", "Policy": json.dumps(retention)},
        },
        "Network": policy("network", name, networks),
    }
    stack = cloud.deploy(resources, {"Id": {"Fn::GetAtt": ["Endpoint", "Id"]}})
    identity = stack.settled()["values"]["Id"]
    api = cloud.client("opensearchserverless")
    [endpoint] = api.batch_get_vpc_endpoint(ids=[identity])["vpcEndpointDetails"]
    assert (endpoint["name"], endpoint["subnetIds"]) == (name, ["subnet-12345678"])
    stored = api.get_security_policy(type="network", name=name)["securityPolicyDetail"]["policy"]
    assert stored[0]["SourceVPCEs"] == [identity]
    assert names_kept(cloud)["retention"] == [name]
    stack.delete()
    assert not any(names_kept(cloud).values())
