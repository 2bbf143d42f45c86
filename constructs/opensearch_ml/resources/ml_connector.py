"""MlConnector: the connector with which the domain calls one provider."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.providers.connector_role import ConnectorRole
from opensearch_ml.providers.inline_credentials import InlineCredentials
from opensearch_ml.providers.provider import Provider
from opensearch_ml.resources.ml_resource import MlResource


class MlConnector(MlResource):
    """The connector of `provider`; `role` is the role, or the inline credentials, with which it calls.

    Example::

        ml.MlConnector(stack, "Connector", target=target, name="embedding", provider=embedding, role=role)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        provider: Provider,
        role: ConnectorRole | InlineCredentials,
    ) -> None:
        body = {**provider.connector, "name": name, "version": "1"}
        super().__init__(scope, id, target=target, kind="Connector", spec=role.spec(body))
        self.node.add_dependency(*role.prerequisites)
