"""MlConnector: how the domain calls one provider."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.connector_role import ConnectorRole
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.provider import Provider
from opensearch_ml.straight_keys import StraightKeys
from opensearch_ml.target import Target


class MlConnector(MlResource):
    """The connector of `provider`, whose requests are made in `role`, or with keys that it holds itself.

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
        role: ConnectorRole | StraightKeys,
    ) -> None:
        body = {**provider.connector, "name": name, "version": "1"}
        super().__init__(scope, id, target=target, kind="Connector", spec=role.spec(body))
        self.node.add_dependency(*role.prerequisites)
