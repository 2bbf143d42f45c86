"""opensearch-py-ml: a connector to DeepSeek by AIConnectorHelper, on a domain with a master user of its own.

The helper makes the secret and the roles, maps one of them, and signs as it; then it registers and asks the model.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from opensearch_py_ml.ml_commons import MLCommonClient
from opensearch_py_ml.ml_commons.cli.ai_connector_helper import AIConnectorHelper
from opensearch_py_ml.ml_commons.cli.aws_config import AWSConfig
from opensearch_py_ml.ml_commons.cli.cli_base import CLIBase
from opensearch_py_ml.ml_commons.cli.opensearch_domain_config import OpenSearchDomainConfig

from tests.clients.target import Target, seen

pytestmark = pytest.mark.kind("domain")
USER, PASSWORD, ROLE = "chief", "Foreign-hands-1", "ml_full_access"
CHAT = {
    "name": "foreign chat",
    "description": "A chat model behind a connector of somebody else",
    "version": "1",
    "protocol": "http",
    "parameters": {"endpoint": "api.deepseek.com", "model": "deepseek-flash"},
    "actions": [
        {
            "action_type": "predict",
            "method": "POST",
            "url": "https://${parameters.endpoint}/chat/completions",
            "headers": {"Content-Type": "application/json", "Authorization": "Bearer ${credential.secretArn.key}"},
            "request_body": '{"model": "${parameters.model}", "messages": ${parameters.messages}}',
        }
    ],
}


@pytest.fixture
def admin(target: Target) -> boto3.Session:
    return boto3.Session(*target.admin)


@pytest.fixture
def domain(admin: boto3.Session) -> Iterator[dict[str, Any]]:
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
    yield dict(opensearch.describe_domain(DomainName=name)["DomainStatus"])
    opensearch.delete_domain(DomainName=name)


@pytest.fixture
def helper(target: Target, admin: boto3.Session, domain: dict[str, Any]) -> Iterator[AIConnectorHelper]:
    name = domain["DomainName"]
    config = OpenSearchDomainConfig("us-east-1", name, USER, PASSWORD, f"https://{domain['Endpoint']}")
    own = AWSConfig(
        aws_user_name="arn:aws:iam::000000000000:root",
        aws_role_name="",
        aws_access_key=target.admin[0],
        aws_secret_access_key=target.admin[1],
        aws_session_token=None,
    )
    yield AIConnectorHelper("amazon-opensearch-service", config, own)
    mapping = f"https://{domain['Endpoint']}/_plugins/_security/api/rolesmapping/{ROLE}"
    auth = (USER, PASSWORD)
    entries = requests.get(mapping, auth=auth, timeout=60).json()[ROLE]["backend_roles"]
    kept = [entry for entry in entries if f"role/{name}-" not in entry]
    change = [{"op": "replace", "path": "/backend_roles", "value": kept}]
    requests.patch(mapping, json=change, auth=auth, timeout=60).raise_for_status()
    iam = admin.client("iam")
    for role in (f"{name}-connector", f"{name}-maker"):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        iam.delete_role(RoleName=role)
    admin.client("secretsmanager").delete_secret(SecretId=f"{name}-secret", ForceDeleteWithoutRecovery=True)


def undeployed(client: Any, model: str) -> bool:
    """Asks again each time: ml-commons (3.4) may write the state that it saw before."""
    path = f"/_plugins/_ml/models/{model}"
    client.transport.perform_request("POST", f"{path}/_undeploy")
    return bool(client.transport.perform_request("GET", path)["model_state"] == "UNDEPLOYED")


def test_a_connector_with_a_secret_answers(target: Target, domain: dict[str, Any], helper: AIConnectorHelper) -> None:
    name = domain["DomainName"]
    assert helper.opensearch_domain_arn == domain["ARN"]
    # Its command line reads the name from the host, and "127" from an address: docs/sandbox.md.
    read = name if "localhost" in domain["Endpoint"] else "127"
    assert CLIBase().get_opensearch_domain_name(f"https://{domain['Endpoint']}") == read
    connector, role, _ = helper.create_connector_with_secret(
        f"{name}-secret",
        {"key": target.model_key},
        f"{name}-connector",
        f"{name}-maker",
        json.loads(json.dumps(CHAT)),
        sleep_time_in_seconds=0,
    )
    assert role.endswith(f":role/{name}-connector")
    assert json.loads(helper.get_connector(connector))["parameters"]["model"] == "deepseek-flash"
    model = helper.register_model("foreign chat", "chat", connector, deploy=True)
    client = helper.opensearch_client
    try:
        messages = [{"role": "user", "content": "When does the harbour open?"}]
        answered, status = helper.predict(model, {"parameters": {"messages": json.dumps(messages)}})
        assert status == 200
        assert json.loads(answered)["inference_results"][0]["output"][0]["dataAsMap"]["choices"]
        assert MLCommonClient(client).get_model_info(model)["connector_id"] == connector
    finally:
        # Of a model without a group ml-commons makes one by itself.
        group = client.transport.perform_request("GET", f"/_plugins/_ml/models/{model}")["model_group_id"]
        seen(lambda: undeployed(client, model))
        client.transport.perform_request("DELETE", f"/_plugins/_ml/models/{model}")
        client.transport.perform_request("DELETE", f"/_plugins/_ml/model_groups/{group}")
        client.transport.perform_request("DELETE", f"/_plugins/_ml/connectors/{connector}")
