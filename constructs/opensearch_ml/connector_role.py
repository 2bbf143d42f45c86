"""ConnectorRole: what the domain becomes when it calls a provider."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from opensearch_ml.provider import Provider

SERVICES = ("es.amazonaws.com", "opensearchservice.amazonaws.com")


class ConnectorRole(Construct):
    """A role that only the domain `domain_arn` may assume, allowed what `provider` needs and nothing else.

    Example::

        ml.ConnectorRole(stack, "Role", domain_arn=engine.domain_arn, provider=ml.titan_embedding())
    """

    def __init__(self, scope: Construct, id: str, *, domain_arn: str, provider: Provider) -> None:
        super().__init__(scope, id)
        conditions = {
            "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
            "ArnLike": {"aws:SourceArn": domain_arn},
        }
        trusted = [iam.ServicePrincipal(service, conditions=conditions) for service in SERVICES]
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.CompositePrincipal(*trusted),
            description=f"Lets the search domain call {provider.name}",
        )
        self.policy = iam.Policy(self, "Policy", roles=[self.role], statements=list(provider.statements))
        self.arn = self.role.role_arn
        self._provider = provider

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """What must be there before the connector: its model is probed as soon as it is deployed."""
        return (self.policy,)

    def spec(self, body: dict[str, Any]) -> dict[str, Any]:
        """The specification of the connector `body` that is used in this role."""
        credential = {**self._provider.credential, "roleArn": self.arn}
        return {"connector": {**body, "credential": credential}}
