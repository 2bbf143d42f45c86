"""A domain whose Dashboards sign people in with Cognito: accepted options, and Amazon's messages for refused ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud

cloud = cloud_process.cloud

MASTER = "arn:aws:iam::000000000000:role/master"
ACTIONS = ["cognito-idp:DescribeUserPool", "cognito-identity:DescribeIdentityPool"]


@pytest.fixture(scope="module")
def options(cloud: Cloud) -> dict[str, Any]:
    """The Cognito options of a domain, with pools and a role that exist."""
    users = cloud.client("cognito-idp")
    pool = users.create_user_pool(PoolName="people")["UserPool"]["Id"]
    users.create_user_pool_domain(Domain="osml-people", UserPoolId=pool)
    identities = cloud.client("cognito-identity").create_identity_pool(
        IdentityPoolName="people", AllowUnauthenticatedIdentities=False
    )
    return {
        "Enabled": True,
        "UserPoolId": pool,
        "IdentityPoolId": identities["IdentityPoolId"],
        "RoleArn": role(cloud, "dashboards", "opensearchservice.amazonaws.com", ACTIONS),
    }


def role(cloud: Cloud, name: str, service: str, actions: list[str]) -> str:
    """Make a role that the service may assume; returns its ARN."""
    iam = cloud.client("iam")
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    allowed = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="pools", PolicyDocument=json.dumps(allowed))
    return str(arn)


def create(cloud: Cloud, options: dict[str, Any]) -> Any:
    return cloud.client("opensearch").create_domain(
        DomainName="people",
        EngineVersion="OpenSearch_3.5",
        EncryptionAtRestOptions={"Enabled": True},
        NodeToNodeEncryptionOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": True},
        AdvancedSecurityOptions={"Enabled": True, "MasterUserOptions": {"MasterUserARN": MASTER}},
        CognitoOptions=options,
    )


def refusal(cloud: Cloud, options: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as refused:
        create(cloud, options)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    return str(refused.value.response["Error"]["Message"])


def test_what_amazon_refuses_is_refused_in_its_words(cloud: Cloud, options: dict[str, Any]) -> None:
    other = role(cloud, "lambdas", "lambda.amazonaws.com", ACTIONS)
    blind = role(cloud, "blind", "opensearchservice.amazonaws.com", ["cognito-idp:ListUserPools"])
    nameless = cloud.client("cognito-idp").create_user_pool(PoolName="nameless")["UserPool"]["Id"]
    gone = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
    refusals = [
        refusal(cloud, options | change)
        for change in (
            {"RoleArn": other},
            {"RoleArn": "arn:aws:iam::000000000000:role/nobody"},
            {"RoleArn": blind},
            {"UserPoolId": "us-east-1_Nobody123"},
            {"IdentityPoolId": gone},
            {"UserPoolId": nameless},
        )
    ]
    pool = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{options['UserPoolId']}"
    assert refusals == [
        "OpenSearch Service must be allowed to use the passed role",
        "OpenSearch Service must be allowed to use the passed role",
        f"User is not authorized to perform: cognito-idp:DescribeUserPool on resource: {pool}",
        "User pool does not exist",
        "IdentityPool not found",
        "Domain needs to be specified for user pool",
    ]
    assert "UserPoolId and RoleArn" in refusal(cloud, {"Enabled": True, "IdentityPoolId": gone})


def test_a_domain_is_made_with_it_and_changed_to_it(cloud: Cloud, options: dict[str, Any]) -> None:
    client = cloud.client("opensearch")
    try:
        assert create(cloud, options)["DomainStatus"]["CognitoOptions"] == options
        client.update_domain_config(DomainName="people", CognitoOptions={"Enabled": False})
        assert client.describe_domain(DomainName="people")["DomainStatus"]["CognitoOptions"]["Enabled"] is False
        changed = options | {"UserPoolId": "us-east-1_Nobody123"}
        with pytest.raises(ClientError, match="User pool does not exist"):
            client.update_domain_config(DomainName="people", CognitoOptions=changed)
        client.update_domain_config(DomainName="people", CognitoOptions=options)
        assert client.describe_domain(DomainName="people")["DomainStatus"]["CognitoOptions"] == options
    finally:
        client.delete_domain(DomainName="people")
