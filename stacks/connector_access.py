"""ConnectorAccess: the roles or keys with which the connectors of a stack call their providers."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct, IDependable

from opensearch_ml.engine.pass_role import PassRole
from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.engine.read_secrets import ReadSecrets
from opensearch_ml.engine.search_engine import SearchEngine
from opensearch_ml.providers.connector_role import ConnectorRole
from opensearch_ml.providers.inline_credentials import InlineCredentials, secrets_of
from opensearch_ml.providers.provider import Provider
from stacks.setting_group import setting_group


class ConnectorAccess:
    """Roles on a domain, or keys on a self-managed engine.

    `providers` maps construct ids to providers. `after` are the resources that must exist before the provisioner
    creates a connector. `secrets` are the ARNs, as in a policy, of the secrets with the connectors' credentials.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        engine: SearchEngine,
        provisioner: Provisioner,
        providers: Mapping[str, Provider],
    ) -> None:
        self._of: list[tuple[Provider, ConnectorRole | InlineCredentials]] = []
        self.after: tuple[IDependable, ...] = ()
        self.secrets: list[str] = []
        if not providers:
            return
        if engine.domain_arn is not None:
            roles = [
                ConnectorRole(scope, id, domain_arn=engine.domain_arn, provider=provider)
                for id, provider in providers.items()
            ]
            pass_role = PassRole(scope, "PassRole", provisioner=provisioner, roles=roles)
            self.after = (pass_role, *(role.policy for role in roles))
            self._of += zip(providers.values(), roles, strict=True)
            self.secrets = list(
                dict.fromkeys(arn for provider in providers.values() for arn in secrets_of(provider.statements))
            )
            return
        with setting_group("search"):
            keys = [InlineCredentials(engine, provider) for provider in providers.values()]
        self.secrets = list(dict.fromkeys(arn for key in keys for arn in key.allowed))
        if self.secrets:
            self.after = (ReadSecrets(scope, "ReadSecrets", provisioner=provisioner, keys=keys),)
        self._of += zip(providers.values(), keys, strict=True)

    def of(self, provider: Provider) -> ConnectorRole | InlineCredentials:
        """The access of one of `providers`."""
        return next(access for holder, access in self._of if holder is provider)
