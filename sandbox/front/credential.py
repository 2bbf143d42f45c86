"""Resolves a connector's credential block, as the managed service does.

`roleArn` becomes temporary keys of the role (for the protocol aws_sigv4). With `secretArn`, every key of the JSON
secret becomes a credential with the name `secretArn.<key>`: a connector refers to it as
`${credential.secretArn.<key>}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.front.authority import Authority, DescribedDomain, Signer, nothing_allows
from sandbox.front.refusal import AccessDenied, WrongCredential

_PASSES_ROLE = "iam:PassRole"
_SERVICES = ("opensearchservice.amazonaws.com", "es.amazonaws.com")
_SECRET_ACTIONS = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
_PLACEHOLDER = re.compile(r"\$\{credential\.secretArn\.([^}]+)\}")


class CredentialDesk:
    """Resolves credential blocks. A role cannot be assumed until `young_role_seconds` after its last change."""

    def __init__(self, authority: Authority, young_role_seconds: float) -> None:
        self._authority = authority
        self._young_role_seconds = young_role_seconds

    def resolve(
        self, connector: Mapping[str, Any], caller: Signer | None, domain: DescribedDomain
    ) -> dict[str, Any] | None:
        """The credential block that the engine stores, or None if the connector has none.

        Raises `AccessDenied` if the caller or the role lacks a permission, and `WrongCredential` or `SecretMissing` for
        a fault in the block.
        """
        credential = connector.get("credential")
        if not isinstance(credential, dict):
            return None
        if "externalAccountRoleArn" in credential:
            raise WrongCredential(
                "credential.externalAccountRoleArn names a role of another account, and this domain has one "
                "account only. Use roleArn."
            )
        role, secret = credential.get("roleArn"), credential.get("secretArn")
        if role is None:
            if secret is not None:
                raise WrongCredential(
                    f"credential.secretArn {secret} needs credential.roleArn, a role that may read it."
                )
            return credential
        self.admit_role(str(role), caller, domain)
        rest = {name: value for name, value in credential.items() if name not in ("roleArn", "secretArn")}
        if secret is not None:
            return {**rest, "roleArn": role, **self._secret(str(secret), str(role), connector)}
        if connector.get("protocol") != "aws_sigv4":
            return credential
        keys = self._authority.session(str(role))
        return {
            **rest,
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
            "session_token": keys.session_token,
        }

    def admit_role(self, role: str, caller: Signer | None, domain: DescribedDomain) -> None:
        """Raise `AccessDenied` unless the caller may pass the role and the domain may assume it."""
        name = caller.arn if caller is not None else "anonymous"
        # A policy may name either service in `iam:PassedToService`.
        reasons = [
            self._authority.denial(caller, _PASSES_ROLE, role, {"iam:PassedToService": service})
            if caller is not None
            else nothing_allows(_PASSES_ROLE)
            for service in _SERVICES
        ]
        if None not in reasons:
            raise AccessDenied(
                f"User: {name} is not authorized to perform: {_PASSES_ROLE} on resource: {role} {reasons[0]}"
            )
        context = {"aws:SourceAccount": domain.account, "aws:SourceArn": domain.arn}
        if not self._authority.role_exists(role):
            raise _not_assumable(role, "the role does not exist")
        age = self._authority.role_age(role)
        if age < self._young_role_seconds:
            raise _not_assumable(role, f"the role or its policy was written {age:.0f} s ago and is not known yet")
        if not any(self._authority.service_may_assume(role, service, context) for service in _SERVICES):
            raise _not_assumable(
                role,
                f"its trust policy admits neither {_SERVICES[0]} nor {_SERVICES[1]} for aws:SourceAccount "
                f"{domain.account} and aws:SourceArn {domain.arn}",
            )

    def _secret(self, secret: str, role: str, connector: Mapping[str, Any]) -> dict[str, str]:
        text = self._authority.secret_value(secret)
        for action in _SECRET_ACTIONS:
            reason = self._authority.role_denial(role, action, secret)
            if reason is not None:
                raise AccessDenied(
                    f"User: {role} is not authorized to perform: {action} on resource: {secret} {reason}"
                )
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        # Raised outside the except block: the JSON error in its context would contain the text, which is the secret.
        if not isinstance(values, dict):
            raise WrongCredential(
                f"The secret {secret} does not hold a JSON object. Store it as key and value, for example "
                '{"my_key": "…"}.'
            )
        for key in _PLACEHOLDER.findall(json.dumps(connector)):
            if key not in values:
                raise WrongCredential(
                    f"The connector refers to ${{credential.secretArn.{key}}}, but the secret {secret} has no "
                    f"key '{key}'. Add the key to the secret, or name one that it has."
                )
        return {
            f"secretArn.{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
        }


def _not_assumable(role: str, reason: str) -> AccessDenied:
    return AccessDenied(
        f"User: {_SERVICES[0]} is not authorized to perform: sts:AssumeRole on resource: {role} because {reason}"
    )
