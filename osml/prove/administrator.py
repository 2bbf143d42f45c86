"""A role only for the proof: an administrator of the throwaway domain, which may pass a connector's role to it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from botocore.exceptions import ClientError

from osml.failure import Failure
from osml.prove.trial import Trial
from osml.remote.domain import Domain
from osml.remote.identity import Identity
from osml.remote.stack import knowledge

KEY = "api_key"
# It takes seconds until every service sees a new IAM role.
ATTEMPTS, PAUSE = 12, 5.0


@dataclass(frozen=True)
class Prober:
    """`connector_role` reads the secret `secret_arn`, whose value is made up; `domain` sends the prober's requests."""

    trial: Trial
    domain: Domain
    connector_role: str
    secret_arn: str

    def request(self, method: str, path: str, body: Any = None, seconds: float = 60) -> requests.Response:
        """One request as the administrator. Raises Failure without an answer."""
        return self.domain.request(method, path, json=body, timeout=(10, seconds))


def make(trial: Trial, caller: Identity) -> None:
    """Create the role and a connector's role, before the domain that names them. Raises ClientError."""
    partition = caller.arn.split(":")[1]
    _role(
        trial.administrator,
        {"AWS": f"arn:{partition}:iam::{caller.account}:root"},
        {
            "es:ESHttp*": f"arn:{partition}:es:*:{caller.account}:domain/{trial.prefix}/*",
            "iam:PassRole": f"arn:{partition}:iam::{caller.account}:role/{trial.administrator}-connector",
        },
    )
    _role(
        f"{trial.administrator}-connector",
        {"Service": "es.amazonaws.com"},
        dict.fromkeys(
            ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
            f"arn:{partition}:secretsmanager:*:{caller.account}:secret:osml/{trial.name}/*",
        ),
    )


@contextmanager
def prober(trial: Trial, caller: Identity) -> Iterator[Prober]:
    """The administrator with its own secret, which is removed at the end. Raises Failure."""
    partition = caller.arn.split(":")[1]
    arn = f"arn:{partition}:iam::{caller.account}:role/{trial.administrator}"
    client: Any = boto3.client("secretsmanager")
    made = client.create_secret(Name=f"osml/{trial.name}/made-up", SecretString=json.dumps({KEY: "made-up"}))
    try:
        known = knowledge(trial.place).model_copy(update={"operator_role_arn": arn})
        yield Prober(trial, _signed_in(known), f"{arn}-connector", made["ARN"])
    finally:
        client.delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)


def remove(trial: Trial) -> None:
    """Remove both roles. Raises ClientError."""
    iam: Any = boto3.client("iam")
    for name in (trial.administrator, f"{trial.administrator}-connector"):
        with suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_role_policy(RoleName=name, PolicyName="Proof")
        with suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_role(RoleName=name)


def _role(name: str, principal: dict[str, str], allowed: dict[str, str]) -> None:
    iam: Any = boto3.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [_allow("sts:AssumeRole", Principal=principal)]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    policy = {"Version": "2012-10-17", "Statement": [_allow(action, Resource=arn) for action, arn in allowed.items()]}
    iam.put_role_policy(RoleName=name, PolicyName="Proof", PolicyDocument=json.dumps(policy))


def _allow(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, **more}


def _signed_in(known: Any) -> Domain:
    for left in reversed(range(ATTEMPTS)):
        try:
            return Domain(known)
        except (Failure, ClientError):
            if not left:
                raise
            time.sleep(PAUSE)
    raise AssertionError
