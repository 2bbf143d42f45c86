"""An administrator of a deployed domain, who signs requests as an IAM role, like somebody in `search.admins`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from osml.remote.domain import Domain
from osml.remote.stack import Knowledge

MAPPING = "/_plugins/_security/api/rolesmapping/all_access"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    ],
}
REQUESTS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "es:ESHttp*", "Resource": "*"}]}


@contextmanager
def administrator(engine: Any, known: Knowledge) -> Iterator[Domain]:
    """A new role, mapped to all_access by the `engine`'s own administrator, and removed at the end."""
    iam, name = boto3.client("iam"), f"administrator-{uuid.uuid4().hex[:8]}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="Requests", PolicyDocument=json.dumps(REQUESTS))
    _add(engine, arn)
    try:
        yield Domain(known.model_copy(update={"operator_role_arn": arn}))
    finally:
        _remove(engine, arn)
        iam.delete_role_policy(RoleName=name, PolicyName="Requests")
        iam.delete_role(RoleName=name)


def _add(engine: Any, arn: str) -> None:
    engine("PATCH", MAPPING, [{"op": "add", "path": "/backend_roles/-", "value": arn}])


def _remove(engine: Any, arn: str) -> None:
    entries = engine("GET", MAPPING)["all_access"]["backend_roles"]
    if arn in entries:
        engine("PATCH", MAPPING, [{"op": "remove", "path": f"/backend_roles/{entries.index(arn)}"}])
