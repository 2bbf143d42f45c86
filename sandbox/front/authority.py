"""The front's interface to its AWS account: keys, policies, roles, secrets, endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Signer:
    """The principal who signed a request.

    `arn` is the ARN from `sts get-caller-identity`: a session of a role, a user, or the root. `principal_arn` is the
    ARN for fine-grained access control: the role of a session, otherwise the user or the root.
    """

    arn: str
    principal_arn: str
    account: str
    access_key: str


@dataclass(frozen=True)
class Credential:
    """The secret key of an access key, and the key's owner."""

    secret_key: str
    caller: Signer

    def __repr__(self) -> str:
        return f"Credential(caller={self.caller!r})"


@dataclass(frozen=True)
class SessionKeys:
    """Temporary keys of a role, without an expiry: the engine cannot refresh the keys that a connector stores."""

    access_key: str
    secret_key: str
    session_token: str

    def __repr__(self) -> str:
        return f"SessionKeys(access_key={self.access_key!r})"


@dataclass(frozen=True)
class DescribedDomain:
    """An OpenSearch domain as its template describes it.

    `endpoint_port` is the wanted port, or None for the next free port in the settings' range. A domain without a master
    user has no fine-grained access control: only its access policies decide.
    """

    arn: str
    name: str
    account: str
    region: str
    master_user_arn: str | None
    master_user_name: str | None
    master_user_password: str | None
    access_policies: dict[str, Any] | None
    endpoint_port: int | None = None

    @property
    def is_fine_grained(self) -> bool:
        return self.master_user_arn is not None or self.master_user_name is not None

    def __repr__(self) -> str:
        return f"Domain(arn={self.arn!r}, endpoint_port={self.endpoint_port!r})"


def nothing_allows(action: str, kind: str = "identity-based policy") -> str:
    """The reason of a refusal, in AWS's words, if no policy of the kind allows the action."""
    return f"because no {kind} allows the {action} action"


def something_denies(kind: str) -> str:
    """The reason of a refusal, in AWS's words, if a policy of the kind has an explicit Deny."""
    return f"with an explicit deny in a{'n' if kind[0] == 'i' else ''} {kind}"


class Authority(Protocol):
    """The account: IAM, STS, Secrets Manager and the SageMaker registry. Called from many threads."""

    def credential(self, access_key: str, session_token: str | None) -> Credential:
        """The key's owner; raises `UnknownKey` or `InvalidToken`."""
        ...

    def denial(
        self,
        caller: Signer,
        action: str,
        resource: str,
        context: Mapping[str, str],
        resource_policy: Mapping[str, Any] | None = None,
    ) -> str | None:
        """None if the caller's policies, with the resource's own policy, allow the action; otherwise AWS's reason."""
        ...

    def role_exists(self, role_arn: str) -> bool: ...

    def role_age(self, role_arn: str) -> float:
        """Seconds since the last change of the role, its trust or its policies; 0.0 for an unknown role."""
        ...

    def service_may_assume(self, role_arn: str, service: str, context: Mapping[str, str]) -> bool:
        """Whether the role's trust policy admits the service principal under these condition keys."""
        ...

    def role_denial(self, role_arn: str, action: str, resource: str) -> str | None:
        """Like `denial`, for a session of the role."""
        ...

    def session(self, role_arn: str) -> SessionKeys:
        """Temporary keys of the role, without an expiry; raises `UnknownKey` for an unknown role."""
        ...

    def secret_value(self, secret_arn: str) -> str:
        """The secret's current string; raises `SecretMissing`."""
        ...

    def endpoint(self, name: str, region: str) -> Mapping[str, str] | None:
        """A SageMaker endpoint: `{"model": …, "shape": …}`, with `component` and `copies` if it has them; or None."""
        ...

    def called(self, component: str) -> bool:
        """Notes a call of an inference component; False if it has no copies."""
        ...
