"""PassRole: lets the provisioner pass connector roles to the domain."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.providers.connector_role import ConnectorRole


class PassRole(iam.Policy):
    """A policy for the provisioner's role, in the stack that owns the connector roles.

    In the provisioner's own stack it would make a circle: it needs the roles' ARNs, and the roles need that stack's
    domain.

    Example::

        ml.PassRole(stack, "PassRole", provisioner=provisioner, roles=[role])
    """

    def __init__(self, scope: Construct, id: str, *, provisioner: Provisioner, roles: Sequence[ConnectorRole]) -> None:
        # There is no condition iam:PassedToService, because it is not documented whether the domain's check sets that
        # key. The roles' trust policies admit only the domain in any case.
        statement = iam.PolicyStatement(actions=["iam:PassRole"], resources=[role.arn for role in roles])
        super().__init__(scope, id, roles=[provisioner.role], statements=[statement])
