"""InlineCredentials: keys in a connector, for an engine that can neither assume a role nor read a secret."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import IDependable

from opensearch_ml.engine.search_engine import SearchEngine
from opensearch_ml.providers.provider import Provider

PLACEHOLDER = re.compile(r"\$\{credential\.secretArn\.(\w+)\}")
READ = "secretsmanager:GetSecretValue"


class InlineCredentials:
    """Keys that the provisioner reads, and writes into the connector of `provider` when it creates the connector.

    A domain resolves `${credential.secretArn.<key>}` itself; for other engines this becomes `${credential.<key>}`.
    `allowed` are the ARNs of the secrets as in a policy. Raises ValueError when the provider is on AWS and `engine` has
    no `model_keys`.
    """

    def __init__(self, engine: SearchEngine, provider: Provider) -> None:
        self._provider = provider
        self._revision = engine.key_revision
        self.allowed = secrets_of(provider.statements)
        self._aws: dict[str, dict[str, str]] = {}
        if provider.connector["protocol"] == "aws_sigv4":
            if engine.model_keys is None:
                raise ValueError(
                    f"model_keys is missing, but {provider.name} is called with an access key; set model_keys to a "
                    "secret that holds one."
                )
            self._aws = engine.model_keys.references
            self.allowed.append(engine.model_keys.arn)

    @property
    def prerequisites(self) -> tuple[IDependable, ...]:
        """No dependencies, because the provisioner reads the secrets."""
        return ()

    def spec(self, body: dict[str, Any]) -> dict[str, Any]:
        """The specification of the connector `body`, with references instead of values."""
        names: set[str] = set()
        connector = _inline(body, names)
        secrets = dict(self._aws)
        for name in sorted(names):
            secrets[name] = {"secretArn": self._provider.credential["secretArn"], "key": name}
        revision = {"revision": str(self._revision)} if secrets else {}
        return {"connector": connector, "secrets": secrets, **revision}


def _inline(value: Any, names: set[str]) -> Any:
    """`value` with its placeholders replaced; the keys in the placeholders are added to `names`."""
    if isinstance(value, dict):
        return {name: _inline(value, names) for name, value in value.items()}
    if isinstance(value, list):
        return [_inline(item, names) for item in value]
    if isinstance(value, str):
        names.update(PLACEHOLDER.findall(value))
        return PLACEHOLDER.sub(r"${credential.\1}", value)
    return value


def secrets_of(statements: tuple[iam.PolicyStatement, ...]) -> list[str]:
    """The ARNs of the secrets that `statements` allow to read."""
    return [arn for statement in statements if READ in statement.actions for arn in statement.resources]
