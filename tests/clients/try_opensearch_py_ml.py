"""opensearch-py-ml: a connector to DeepSeek by AIConnectorHelper, on a domain with its own master user.

The helper makes the secret and the roles, maps one of the roles, and signs as it; then it registers and calls the
model.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from opensearch_py_ml.ml_commons import MLCommonClient
from opensearch_py_ml.ml_commons.cli.ai_connector_helper import AIConnectorHelper
from opensearch_py_ml.ml_commons.cli.aws_config import AWSConfig
from opensearch_py_ml.ml_commons.cli.cli_base import CLIBase
from opensearch_py_ml.ml_commons.cli.opensearch_domain_config import OpenSearchDomainConfig

from tests.clients.owned import PASSWORD, USER
from tests.clients.target import Target

pytestmark = pytest.mark.kind("domain")
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
def helper(target: Target, admin: boto3.Session, own_domain: dict[str, Any]) -> Iterator[AIConnectorHelper]:
    name = own_domain["DomainName"]
    config = OpenSearchDomainConfig("us-east-1", name, USER, PASSWORD, f"https://{own_domain['Endpoint']}")
    own = AWSConfig(
        aws_user_name="arn:aws:iam::000000000000:root",
        aws_role_name="",
        aws_access_key=target.admin[0],
        aws_secret_access_key=target.admin[1],
        aws_session_token=None,
    )
    yield AIConnectorHelper("amazon-opensearch-service", config, own)
    iam = admin.client("iam")
    for role in (f"{name}-connector", f"{name}-maker"):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        iam.delete_role(RoleName=role)
    admin.client("secretsmanager").delete_secret(SecretId=f"{name}-secret", ForceDeleteWithoutRecovery=True)


def test_a_connector_with_a_secret_answers(
    target: Target, own_domain: dict[str, Any], helper: AIConnectorHelper
) -> None:
    name = own_domain["DomainName"]
    assert helper.opensearch_domain_arn == own_domain["ARN"]
    # The helper's command line takes the domain's name from the host; from an IP address it takes "127":
    # docs/sandbox.md.
    read = name if "localhost" in own_domain["Endpoint"] else "127"
    assert CLIBase().get_opensearch_domain_name(f"https://{own_domain['Endpoint']}") == read
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
    messages = [{"role": "user", "content": "When does the harbour open?"}]
    answered, status = helper.predict(model, {"parameters": {"messages": json.dumps(messages)}})
    assert status == 200
    assert json.loads(answered)["inference_results"][0]["output"][0]["dataAsMap"]["choices"]
    assert MLCommonClient(helper.opensearch_client).get_model_info(model)["connector_id"] == connector
