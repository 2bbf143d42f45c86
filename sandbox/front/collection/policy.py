"""Evaluates the network policies and the data access policies of OpenSearch Serverless.

The only wildcard in patterns is `*`. A resource is `collection/<name>` or `index/<collection>/<index>`. Each part is
matched separately, so a star matches no slash.
"""

from __future__ import annotations

import re
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.front.collection.record import DataPolicy

EVERYTHING = "aoss:*"


def reachable(documents: Iterable[Sequence[Mapping[str, Any]]], name: str, vpc_endpoints: AnyOf[str]) -> bool:
    """Whether a network policy opens the collection to the public, or to a VPC endpoint that exists.

    On one machine the caller's network is unknown, so any of the endpoints is enough.
    """
    return any(
        statement.get("AllowFromPublic") is True
        or not set(statement.get("SourceVPCEs") or ()).isdisjoint(vpc_endpoints)
        for document in documents
        for statement in document
        if _concerns(statement, "collection", f"collection/{name}")
    )


def permits(
    policies: Iterable[DataPolicy], principals: AnyOf[str], resource: str, permission: str, young: float = 0.0
) -> bool:
    """Whether a data access policy grants `permission` (`aoss:ReadDocument`…) on the resource to one of the principals.

    A policy that was made less than `young` seconds ago does not apply yet.
    """
    kind = resource.partition("/")[0]
    return any(
        not set(statement.get("Principal") or ()).isdisjoint(principals)
        and _concerns(statement, kind, resource, permission)
        for policy in policies
        if policy.age >= young
        for statement in policy.document
    )


def _concerns(statement: Mapping[str, Any], kind: str, resource: str, permission: str | None = None) -> bool:
    return any(
        rule.get("ResourceType") == kind
        and (permission is None or not {permission, EVERYTHING}.isdisjoint(rule.get("Permission") or ()))
        and any(covers(pattern, resource) for pattern in rule.get("Resource") or ())
        for rule in statement.get("Rules") or ()
    )


def covers(pattern: str, resource: str) -> bool:
    """Whether the pattern covers the resource. A resource with stars must be covered completely."""
    expected, given = pattern.split("/"), resource.split("/")
    return len(expected) == len(given) and all(
        re.fullmatch(re.escape(part).replace(r"\*", ".*"), text, re.DOTALL)
        for part, text in zip(expected, given, strict=True)
    )
