"""MlConnector: how the domain calls one provider."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.connector_role import ConnectorRole
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.provider import Provider
from opensearch_ml.target import Target


class MlConnector(MlResource):
    """The connector of `provider`, whose requests are made with `role`.

    It waits for the role's policy: the model behind it is probed as soon as it is deployed.
    """

    def __init__(
        self, scope: Construct, id: str, *, target: Target, name: str, provider: Provider, role: ConnectorRole
    ) -> None:
        body = {
            **provider.connector,
            "name": name,
            "version": "1",
            "credential": {**provider.credential, "roleArn": role.arn},
        }
        super().__init__(scope, id, target=target, kind="Connector", spec={"connector": body})
        self.node.add_dependency(role.policy)
