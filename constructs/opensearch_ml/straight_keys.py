"""StraightKeys: the credential of a connector on an engine that can neither take a role nor read a secret."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import IDependable

from opensearch_ml.provider import Provider
from opensearch_ml.search_engine import SearchEngine

PLACEHOLDER = re.compile(r"\$\{credential\.secretArn\.(\w+)\}")
READ = "secretsmanager:GetSecretValue"


class StraightKeys:
    """Keys that the provisioner reads and puts into the connector of `provider` as it makes it.

    A domain resolves `${credential.secretArn.<key>}` itself; here it becomes `${credential.<key>}`. `allowed` are
    the ARNs of the secrets, as a policy names them. ValueError when the provider is on AWS and `engine` has no keys.
    """

    def __init__(self, engine: SearchEngine, provider: Provider) -> None:
        self._provider = provider
        self._revision = engine.key_revision
        self.allowed = secrets_of(provider.statements)
        self._aws: dict[str, dict[str, str]] = {}
        if provider.connector["protocol"] == "aws_sigv4":
            if engine.model_keys is None:
                raise ValueError(
                    f"search.model_keys is missing, but {provider.name} is called with an access key; "
                    "set search.model_keys.arn to the secret that holds one"
                )
            self._aws = engine.model_keys.references
            self.allowed.append(engine.model_keys.arn)

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """Nothing of its own: the provisioner reads the secrets."""
        return ()

    def spec(self, body: dict[str, Any]) -> dict[str, Any]:
        """The specification of the connector `body`, with references in the place of values."""
        names: set[str] = set()
        connector = _straight(body, names)
        secrets = dict(self._aws)
        for name in sorted(names):
            secrets[name] = {"secretArn": self._provider.credential["secretArn"], "key": name}
        revision = {"revision": str(self._revision)} if secrets else {}
        return {"connector": connector, "secrets": secrets, **revision}


def _straight(value: Any, names: set[str]) -> Any:
    """`value` with the placeholders replaced; the keys they name are added to `names`."""
    if isinstance(value, dict):
        return {name: _straight(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [_straight(one, names) for one in value]
    if isinstance(value, str):
        names.update(PLACEHOLDER.findall(value))
        return PLACEHOLDER.sub(r"${credential.\1}", value)
    return value


def secrets_of(statements: tuple[iam.PolicyStatement, ...]) -> list[str]:
    """The secrets that statements let someone read, as they name them."""
    return [arn for statement in statements if READ in statement.actions for arn in statement.resources]
