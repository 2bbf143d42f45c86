"""PassRole: lets the provisioner pass connector roles to the domain."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.providers.connector_role import ConnectorRole


class PassRole(iam.Policy):
    """A policy for the provisioner's role, in the stack that owns the connector roles.

    In the provisioner's own stack it would need the roles' ARNs, and the roles need that stack's domain.

    Example::

        ml.PassRole(stack, "PassRole", provisioner=provisioner, roles=[role])
    """

    def __init__(self, scope: Construct, id: str, *, provisioner: Provisioner, roles: Sequence[ConnectorRole]) -> None:
        # Without iam:PassedToService: whether the domain's check sets that key is not documented, and the roles'
        # trust policies admit nobody but the domain anyway.
        statement = iam.PolicyStatement(actions=["iam:PassRole"], resources=[role.arn for role in roles])
        super().__init__(scope, id, roles=[provisioner.role], statements=[statement])
