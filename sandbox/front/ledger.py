"""A minimal account: an `Authority` in memory, for trials of the front without an AWS emulator."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.front.authority import Credential, SessionKeys, Signer, nothing_allows
from sandbox.front.policy import like
from sandbox.front.refusal import InvalidToken, SecretMissing, UnknownKey


@dataclass
class LedgerRole:
    """A role, the services that may assume it, and its permissions: pairs of an action and a resource, as patterns."""

    arn: str
    grants: list[tuple[str, str]] = field(default_factory=list)
    services: tuple[str, ...] = ()
    source_arn: str = "*"
    written: float = field(default_factory=time.monotonic)


class Ledger:
    """One account. Its root may do everything, and its roles may do what is granted to them.

    There are no explicit denials, no resource policies and no conditions, except `aws:SourceArn` in a role's trust.
    """

    def __init__(self, account: str = "000000000000") -> None:
        self.account = account
        self.roles: dict[str, LedgerRole] = {}
        self.secrets: dict[str, str] = {}
        self.endpoints: dict[tuple[str, str], dict[str, str]] = {}
        self._keys: dict[str, tuple[Credential, str | None]] = {}
        root = f"arn:aws:iam::{account}:root"
        self._keys["test"] = (Credential("test", Signer(root, root, account, "test")), None)

    def write_role(self, name: str, *grants: tuple[str, str], services: tuple[str, ...] = ()) -> LedgerRole:
        """Creates or replaces a role; its age starts at 0."""
        role = LedgerRole(f"arn:aws:iam::{self.account}:role/{name}", list(grants), services)
        self.roles[role.arn] = role
        return role

    def credential(self, access_key: str, session_token: str | None) -> Credential:
        entry = self._keys.get(access_key)
        if entry is None:
            raise UnknownKey
        credential, token = entry
        if token != session_token:
            raise InvalidToken
        return credential

    def denial(
        self,
        caller: Signer,
        action: str,
        resource: str,
        context: Mapping[str, str],
        resource_policy: Mapping[str, Any] | None = None,
    ) -> str | None:
        del context, resource_policy
        if caller.arn.endswith(":root"):
            return None
        return self.role_denial(caller.principal_arn, action, resource)

    def role_exists(self, role_arn: str) -> bool:
        return role_arn in self.roles

    def role_age(self, role_arn: str) -> float:
        return time.monotonic() - self.roles[role_arn].written

    def service_may_assume(self, role_arn: str, service: str, context: Mapping[str, str]) -> bool:
        role = self.roles[role_arn]
        return service in role.services and like(role.source_arn, context["aws:SourceArn"])

    def role_denial(self, role_arn: str, action: str, resource: str) -> str | None:
        role = self.roles.get(role_arn)
        grants = role.grants if role is not None else []
        if any(like(granted, action) and like(pattern, resource) for granted, pattern in grants):
            return None
        return nothing_allows(action)

    def session(self, role_arn: str) -> SessionKeys:
        keys = SessionKeys(f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(40))
        name = role_arn.rpartition("/")[2]
        arn = f"arn:aws:sts::{self.account}:assumed-role/{name}/session"
        caller = Signer(arn, role_arn, self.account, keys.access_key)
        self._keys[keys.access_key] = (Credential(keys.secret_key, caller), keys.session_token)
        return keys

    def secret_value(self, secret_arn: str) -> str:
        if secret_arn not in self.secrets:
            raise SecretMissing(secret_arn)
        return self.secrets[secret_arn]

    def endpoint(self, name: str, region: str) -> Mapping[str, str] | None:
        return self.endpoints.get((name, region))

    def called(self, component: str) -> bool:  # noqa: ARG002  the interface has it
        return True
