"""ReadSecrets: lets the provisioner read the keys for connectors on a self-managed engine."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.providers.inline_credentials import READ, InlineCredentials


class ReadSecrets(iam.Policy):
    """A policy for the provisioner's role, in the stack that creates the connectors and therefore knows their secrets.

    Example::

        own = ml.SearchEngine("https://search.example.org:9200", login=login, model_keys=model_keys)
        ml.ReadSecrets(stack, "Keys", provisioner=provisioner, keys=[ml.InlineCredentials(own, embedding)])
    """

    def __init__(
        self, scope: Construct, id: str, *, provisioner: Provisioner, keys: Sequence[InlineCredentials]
    ) -> None:
        arns = list(dict.fromkeys(arn for key in keys for arn in key.allowed))
        statement = iam.PolicyStatement(actions=[READ], resources=arns)
        super().__init__(scope, id, roles=[provisioner.role], statements=[statement])
