"""What AWS answers to the checks before a deploy, in botocore's shapes."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import boto3
from botocore.stub import Stubber

ACCOUNT, REGION = "111122223333", "us-east-1"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/cdk-exec"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/cdk-deploy"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ada"
ROLE = {
    "Path": "/",
    "RoleName": "Admin",
    "RoleId": "AROAEXAMPLEEXAMPLE00",
    "Arn": f"arn:aws:iam::{ACCOUNT}:role/sso/Admin",
    "CreateDate": 0,
}
PARAMETER = "/cdk-bootstrap/hnb659fds/version"
LIMITS = {
    "data": {
        "StorageTypes": [
            {
                "StorageTypeName": "ebs",
                "StorageSubTypeName": "gp3",
                "StorageTypeLimits": [
                    {"LimitName": "MinimumVolumeSize", "LimitValues": ["10"]},
                    {"LimitName": "MaximumVolumeSize", "LimitValues": ["1024"]},
                ],
            }
        ],
        "InstanceLimits": {"InstanceCountLimits": {"MinimumInstanceCount": 1, "MaximumInstanceCount": 10}},
    }
}
boto3_client: Any = boto3.client
# Service, operation, and the answer or the code of an error.
Answer = tuple[str, str, Any]


class Session:
    region_name = REGION

    def __init__(self, answers: list[Answer], opened: ExitStack) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "s"}
        names = {service for service, _, _ in answers}
        self._clients = {name: boto3_client(name, region_name=REGION, **keys) for name in names}
        stubs = {name: opened.enter_context(Stubber(client)) for name, client in self._clients.items()}
        for service, operation, answer in answers:
            if isinstance(answer, str):
                stubs[service].add_client_error(operation, answer, f"{operation}: {answer}")
            else:
                stubs[service].add_response(operation, answer)

    def client(self, name: str, **_: Any) -> Any:
        return self._clients[name]


LAMBDA = {"TotalCodeSize": 1, "CodeSizeUnzipped": 1, "CodeSizeZipped": 1}


def limit(total: int, free: int) -> Answer:
    limits = {**LAMBDA, "ConcurrentExecutions": total, "UnreservedConcurrentExecutions": free}
    return "lambda", "get_account_settings", {"AccountLimit": limits, "AccountUsage": {}}


def version(value: str) -> Answer:
    return "ssm", "get_parameter", {"Parameter": {"Name": PARAMETER, "Value": value}}


def policies(count: int) -> Answer:
    return "logs", "describe_resource_policies", {"resourcePolicies": [{"policyName": f"p{n}"} for n in range(count)]}


def simulated(**decisions: str) -> Answer:
    results = [
        {"EvalActionName": name.replace("_", ":"), "EvalDecision": decision} for name, decision in decisions.items()
    ]
    return "iam", "simulate_principal_policy", {"EvaluationResults": results, "IsTruncated": False}


def key(state: str = "Enabled", spec: str = "SYMMETRIC_DEFAULT") -> Answer:
    usage = "ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT" else "SIGN_VERIFY"
    return "kms", "describe_key", {"KeyMetadata": {"KeyId": "k", "KeyState": state, "KeySpec": spec, "KeyUsage": usage}}


def key_policy(*services: str) -> Answer:
    statements = [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "kms:*"} for service in services]
    return "kms", "get_key_policy", {"Policy": json.dumps({"Statement": statements})}


LOGS = f"logs.{REGION}.amazonaws.com"
SUMMARY = {"SummaryMap": {"Roles": 10, "RolesQuota": 1000}}
ROOM: list[Answer] = [
    ("iam", "get_account_summary", SUMMARY),
    ("opensearch", "list_domain_names", {"DomainNames": [{"DomainName": "osml-qa"}]}),
]


def quota(value: float) -> Answer:
    return "service-quotas", "get_service_quota", {"Quota": {"Value": value}}
