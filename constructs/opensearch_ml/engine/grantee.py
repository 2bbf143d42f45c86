"""Grantee: a construct with its own role, to which permissions can be added."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards


class Grantee(Construct):
    """A construct with the role `role` and its permissions, `policy`."""

    role: iam.Role
    policy: iam.Policy

    def allow(self, *statements: iam.PolicyStatement, wildcards: str = "") -> None:
        """Add statements to the policy; `wildcards` is the reason for each `*` in their resources."""
        self.policy.add_statements(*statements)
        wild = [resource for statement in statements for resource in statement.resources if "*" in resource]
        if wildcards:
            acknowledge_wildcards(self.policy, wild, wildcards)
