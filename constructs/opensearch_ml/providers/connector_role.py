"""ConnectorRole: the role that the domain assumes to call a provider."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from opensearch_ml.engine.acknowledge import acknowledge, wildcard_rules
from opensearch_ml.providers.provider import Provider

SERVICES = ("es.amazonaws.com", "opensearchservice.amazonaws.com")


class ConnectorRole(Construct):
    """A role that only the domain `domain_arn` may assume, with only the permissions that `provider` needs.

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
        acknowledge(
            self.policy,
            {rule: why for wildcard, why in provider.wildcards.items() for rule in wildcard_rules(wildcard)},
        )
        self.arn = self.role.role_arn
        self._provider = provider

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """The resources that must exist before the connector, because its model is probed right after its deploy."""
        return (self.policy,)

    def spec(self, body: dict[str, Any]) -> dict[str, Any]:
        """The specification of the connector `body` with this role."""
        credential = {**self._provider.credential, "roleArn": self.arn}
        return {"connector": {**body, "credential": credential}}
