"""The front's view of the account: IAM, STS, Secrets Manager and SageMaker of the MiniStack in this process.

The front calls from its own threads, so every method sets the account and the region first.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import iam, secretsmanager, sts

from sandbox.cloud import roles
from sandbox.cloud.sagemaker import Registry
from sandbox.front.authority import Credential, SessionKeys, Signer, nothing_allows, something_denies
from sandbox.front.refusal import InvalidToken, SecretMissing, UnknownKey

ROOT_ACCOUNT = "000000000000"
# The kinds of policies, as AWS names them in its errors.
IDENTITY, RESOURCE = "identity-based policy", "resource-based policy"
BOUNDARY, SESSION = "permissions boundary", "session policy"


class MiniStackAuthority:
    """Implements `sandbox.front.authority.Authority` for one region."""

    def __init__(self, region: str, registry: Registry, clock: roles.RoleClock) -> None:
        self._region = region
        self._registry = registry
        self._clock = clock

    def credential(self, access_key: str, session_token: str | None) -> Credential:
        """The key's owner; raises `UnknownKey` or `InvalidToken`."""
        account = self._account_of(access_key)
        with request_scope(account, self._region):
            resolved = iam_evaluator.resolve_credential(access_key, account, session_token)
        if isinstance(resolved, iam_evaluator.CredentialResolutionError):
            if resolved.code == "ExpiredTokenException":
                raise InvalidToken(expired=True)
            raise InvalidToken() if resolved.code == "InvalidToken" else UnknownKey()
        caller = Signer(resolved.principal_arn, self._principal_arn(resolved), resolved.account_id, access_key)
        return Credential(resolved.secret_access_key, caller)

    def denial(
        self,
        caller: Signer,
        action: str,
        resource: str,
        context: Mapping[str, str],
        resource_policy: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Why the caller may not do the action, or None if it may.

        The caller's identity policies, permissions boundary and session policies decide, with the resource's policy.
        """
        with request_scope(caller.account, self._region):
            principal = iam_evaluator.resolve_principal(caller.access_key, caller.account)
            if isinstance(principal, iam_evaluator.AuthError):
                return nothing_allows(action)
            question = self._question(principal.arn, principal.type, principal.account, action, resource, context)
            question.principal_keys = principal.keys
            if principal.policies is None:
                decision = iam_evaluator.EvalResult("Allow", principal.arn)
            else:
                decision = iam_evaluator.evaluate(question, principal.policies, *principal.limits)
            if resource_policy is not None:
                decision = iam_evaluator.combine_resource_policy(
                    decision, question, dict(resource_policy), _owner(resource), limits=tuple(principal.limits)
                )
            elif _owner(resource) not in (None, principal.account):
                return nothing_allows(action, RESOURCE)
            session = iam_evaluator._session_policy_limits(sts._sessions.get(caller.access_key) or {}, caller.account)
            layers = _named(principal.policies or [], principal.limits, len(session))
            return _reason(decision, question, layers)

    def role_exists(self, role_arn: str) -> bool:
        return roles.find(role_arn) is not None

    def role_age(self, role_arn: str) -> float:
        """Seconds since the role, its trust or one of its policies was written; 0.0 for an unknown role."""
        return self._clock.age(role_arn)

    def service_may_assume(self, role_arn: str, service: str, context: Mapping[str, str]) -> bool:
        """Whether the role's trust policy admits the service principal under these condition keys."""
        role = roles.find(role_arn)
        return role is not None and roles.trusts(role, service, context)

    def role_denial(self, role_arn: str, action: str, resource: str) -> str | None:
        """Why a session of the role may not do the action, or None if it may. The resource's own policy also counts."""
        role = roles.find(role_arn)
        if role is None:
            return nothing_allows(action)
        account, name = roles.account(role_arn), role["RoleName"]
        with request_scope(account, self._region):
            resource = _complete(resource)
            question = self._question(_session_arn(role_arn), "AssumedRole", account, action, resource, {})
            policies = iam_evaluator._gather_role_policies(name, account)
            limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
            decision = iam_evaluator.evaluate(question, policies, *limits)
            own = iam_evaluator._resource_policy(action.split(":", 1)[0], resource)
            if own is not None:
                decision = iam_evaluator.combine_resource_policy(decision, question, *own, limits=tuple(limits))
            return _reason(decision, question, _named(policies, limits, 0))

    def session(self, role_arn: str) -> SessionKeys:
        """Temporary keys of the role, without an expiry; raises UnknownKey for a role that does not exist."""
        role = roles.find(role_arn)
        if role is None:
            raise UnknownKey()
        keys = SessionKeys("ASIA" + secrets.token_hex(8).upper(), secrets.token_hex(20), secrets.token_urlsafe(48))
        session_arn = _session_arn(role_arn)
        sts.register_session(
            keys.access_key,
            {
                "Arn": session_arn,
                "UserId": f"{role['RoleId']}:{session_arn.rsplit('/', 1)[-1]}",
                "SecretAccessKey": keys.secret_key,
                "SessionToken": keys.session_token,
            },
        )
        return keys

    def secret_value(self, secret_arn: str) -> str:
        """The secret's current string; raises `SecretMissing`."""
        with request_scope(_owner(secret_arn) or ROOT_ACCOUNT, self._region):
            value = secretsmanager.resolve_secret_string(secret_arn)
        if not value:
            raise SecretMissing(secret_arn)
        return str(value)

    def endpoint(self, name: str, region: str) -> Mapping[str, str] | None:
        """A SageMaker endpoint: `{"model": …, "shape": …}`, with `component` and `copies` if it has them; or None."""
        return self._registry.endpoint(name, region, ROOT_ACCOUNT)

    def called(self, component: str) -> bool:
        """Notes a call of an inference component; False if it has no copies."""
        return self._registry.copies.called(component)

    def _account_of(self, access_key: str) -> str:
        # MiniStack treats an empty key, and any twelve digits, as the root of an account.
        if not access_key:
            raise UnknownKey()
        session = sts._sessions.get(access_key)
        if session is not None:
            return str(session["Arn"]).split(":")[4]
        if access_key.isdigit() and len(access_key) == 12:
            return access_key
        try:
            return iam_evaluator.find_iam_access_key_account(access_key) or ROOT_ACCOUNT
        except iam_evaluator.AmbiguousAccessKeyError:
            raise UnknownKey() from None

    def _principal_arn(self, resolved: Any) -> str:
        """The principal's ARN; for a session, its role's ARN. Raises UnknownKey if the role no longer exists.

        MiniStack keeps the session of a deleted role; Amazon does not.
        """
        if resolved.principal_type != "AssumedRole":
            return str(resolved.principal_arn)
        name = iam_evaluator._role_name_from_assumed_arn(resolved.principal_arn)
        record = roles.named(resolved.account_id, name)
        if record is None:
            raise UnknownKey()
        return str(record["Arn"])

    def _question(
        self, arn: str, kind: str, account: str, action: str, resource: str, context: Mapping[str, str]
    ) -> Any:
        keys = {key.lower(): value for key, value in context.items()}
        return iam_evaluator.EvalContext(
            principal_arn=arn,
            principal_type=kind,
            principal_account=account,
            action=action,
            resource_arn=resource,
            region=self._region,
            source_ip=keys.get("aws:sourceip", "127.0.0.1"),
            secure_transport=keys.get("aws:securetransport", "true") == "true",
            service_context=keys,
        )


def _named(policies: Any, limits: list[Any], of_session: int) -> dict[str, Any]:
    """The statements of each kind of policy. In `limits`, MiniStack puts the session's statements last."""
    boundary = limits[: len(limits) - of_session]
    kinds = (IDENTITY, [policies]), (BOUNDARY, boundary), (SESSION, limits[len(boundary) :])
    return {kind: [entry for layer in layers for part in layer for entry in part] for kind, layers in kinds if layers}


def _reason(decision: Any, question: Any, layers: dict[str, Any]) -> str | None:
    """AWS's reason for a refusal, or None. MiniStack 1.5.33 does not report which kind of policy decided."""
    if decision.decision == "Allow":
        return None
    if decision.decision == "Deny":
        denying = (k for k, statements in layers.items() if iam_evaluator._first_match(question, statements, "Deny"))
        return something_denies(next(denying, RESOURCE))
    silent = (k for k, statements in layers.items() if not iam_evaluator._first_match(question, statements, "Allow"))
    return nothing_allows(question.action, next(silent, RESOURCE))


def _complete(resource: str) -> str:
    """Secrets may be named without the six random characters; IAM compares with the complete ARN."""
    if ":secretsmanager:" not in resource:
        return resource
    _, record = secretsmanager._resolve(resource, use_arn_scope=True)
    return str(record["ARN"]) if record else resource


def _session_arn(role_arn: str) -> str:
    return f"arn:aws:sts::{roles.account(role_arn)}:assumed-role/{role_arn.rsplit('/', 1)[-1]}/opensearch"


def _owner(resource: str) -> str | None:
    """The account that an ARN names. None if it names none, for example for a foundation model."""
    parts = resource.split(":", 5)
    return parts[4] or None if len(parts) == 6 else None
