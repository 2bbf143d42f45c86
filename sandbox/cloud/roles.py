"""MiniStack's IAM roles: their trust, their policies, and the time since their last change."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from sandbox.policy_document import listed, statements

IAM_TYPES = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
Record = dict[str, Any]


def find(role_arn: str) -> Record | None:
    """The role's record, or None when no role has this ARN."""
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    record = named(parts[4], parts[5].rsplit("/", 1)[-1])
    return record if record is not None and record["Arn"] == role_arn else None


def named(account_id: str, name: str) -> Record | None:
    """The account's role of this name, or None."""
    record: Record | None = iam._roles.get_scoped(account_id, None, name)
    return record


def account(role_arn: str) -> str:
    return role_arn.split(":")[4]


def trusts(role: Record, service: str, context: Mapping[str, str]) -> bool:
    """Whether the role's trust policy lets the service principal assume it under these condition keys.

    MiniStack's own evaluation is not used: with it, a service principal also matches the account's root.
    """
    given = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=role["Arn"],
        region="",
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={key.lower(): value for key, value in context.items()},
    )
    matching = [
        statement["Effect"]
        for statement in _statements(role["AssumeRolePolicyDocument"])
        if service in listed(_principal(statement).get("Service"))
        and iam_evaluator._action_matches(
            given.action, listed(statement.get("Action")), listed(statement.get("NotAction"))
        )
        and iam_evaluator._conditions_met(statement.get("Condition", {}), given)
    ]
    return "Allow" in matching and "Deny" not in matching


def may(role: Record, action: str, resource: str) -> bool:
    """Whether the role's policies and boundary allow the action. The resource's own policy is not considered."""
    owner = account(role["Arn"])
    question = iam_evaluator.EvalContext(
        principal_arn=role["Arn"],
        principal_type="AssumedRole",
        principal_account=owner,
        action=action,
        resource_arn=resource,
        region=resource.split(":")[3],
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={},
    )
    policies = iam_evaluator._gather_role_policies(role["RoleName"], owner)
    limits = iam_evaluator._permissions_boundary(iam._roles, role["RoleName"], owner)
    return bool(iam_evaluator.evaluate(question, policies, *limits).decision == "Allow")


class RoleClock:
    """The time of the last change of each role, its trust or its policies: on Amazon, a change takes seconds to spread.

    MiniStack stores no such time, so this class compares all roles after every write to IAM.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[str, float]] = {}

    def observe(self) -> None:
        """Note the time for every role that has changed since the last call."""
        with self._lock:
            current = {role["Arn"]: _fingerprint(role) for role in iam._roles.to_dict().values()}
            for arn in self._seen.keys() - current.keys():
                del self._seen[arn]
            for arn, fingerprint in current.items():
                if self._seen.get(arn, ("", 0.0))[0] != fingerprint:
                    self._seen[arn] = (fingerprint, self._now())

    def age(self, role_arn: str) -> float:
        """Seconds since the last write; 0.0 for a role that does not exist."""
        self.observe()
        seen = self._seen.get(role_arn)
        return self._now() - seen[1] if seen else 0.0

    def install(self) -> None:
        """Lets every call of IAM's API, and every write by CloudFormation, call `observe`; once per process."""
        handle = iam.handle_request

        async def handle_request(*args: Any, **kwargs: Any) -> Any:
            answer = await handle(*args, **kwargs)
            self.observe()
            return answer

        iam.handle_request = handle_request
        for resource_type in IAM_TYPES:
            handlers = provisioners._RESOURCE_HANDLERS[resource_type]
            for verb in ("create", "update"):
                if verb in handlers:
                    handlers[verb] = self._observed(handlers[verb])

    def _observed(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        def observed(*args: Any, **kwargs: Any) -> Any:
            answer = handler(*args, **kwargs)
            self.observe()
            return answer

        return observed


def _fingerprint(role: Record) -> str:
    attached = [
        iam_evaluator._resolve_managed_policy_document(arn, account(role["Arn"]))
        for arn in role.get("AttachedPolicies", [])
    ]
    written = [role.get("RoleId"), role["AssumeRolePolicyDocument"], role.get("InlinePolicies"), attached]
    return hashlib.sha256(json.dumps(written, sort_keys=True, default=str).encode()).hexdigest()


def _statements(document: Any) -> list[Record]:
    parsed = json.loads(document) if isinstance(document, str) else document
    return [statement for statement in statements(parsed) if isinstance(statement, dict)]


def _principal(statement: Record) -> Record:
    principal = statement.get("Principal")
    return principal if isinstance(principal, dict) else {}
