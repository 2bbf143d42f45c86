"""Trust policies of roles: as in IAM, a role in a trust policy must exist, and IAM stores the role's id.

When that role is deleted, the policy shows the id instead of the ARN, and a new role with the same name is not trusted.
The `aws:PrincipalArn` of a session is the ARN of its role. MiniStack 1.5.33 stores only the policy's text, and uses the
session's own ARN.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from sandbox.cloud import roles
from sandbox.policy_document import listed, statements

ROLE = "AWS::IAM::Role"
WRITES = ("CreateRole", "UpdateAssumeRolePolicy")
Record = dict[str, Any]


def install() -> None:
    """Wraps all functions that write or remove a role or its trust; once per process."""
    for action in WRITES:
        iam._IAM_HANDLERS[action] = _known(iam._IAM_HANDLERS[action])
    iam._IAM_HANDLERS["DeleteRole"] = _forgotten(iam._IAM_HANDLERS["DeleteRole"])
    handlers = provisioners._RESOURCE_HANDLERS[ROLE]
    handlers["create"] = _known_in_stack(handlers["create"], 1)
    handlers["update"] = _known_in_stack(handlers["update"], 2)
    delete = handlers["delete"]

    def delete_role(physical_id: str, props: Record) -> Any:
        role = iam._roles.get(physical_id)
        answer = delete(physical_id, props)
        _show_ids(role)
        return answer

    handlers["delete"] = delete_role
    resolve = iam_evaluator._resolve_condition_key

    def _resolve_condition_key(key: str, given: Any) -> Any:
        value = resolve(key, given)
        return role_of(str(value)) if key.lower() == "aws:principalarn" else value

    iam_evaluator._resolve_condition_key = _resolve_condition_key


def role_of(arn: str) -> str:
    """The ARN of a session's role; any other ARN unchanged."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "sts" or not parts[5].startswith("assumed-role/"):
        return arn
    role = roles.named(parts[4], parts[5].split("/")[1])
    return str(role["Arn"]) if role else arn


def unknown_principal(document: Any) -> str | None:
    """The first role in a trust policy that does not exist; None if all exist."""
    return next((arn for arn in _trusted(document) if arn.split(":")[5].rsplit("/", 1)[-1] not in iam._roles), None)


def _trusted(document: Any) -> Iterator[str]:
    """The ARNs of roles among the principals of a trust policy."""
    try:
        parsed = json.loads(document) if isinstance(document, str) else document or {}
    except ValueError:
        return
    for statement in statements(parsed):
        principal = statement.get("Principal")
        for arn in listed(principal.get("AWS") if isinstance(principal, dict) else None):
            if isinstance(arn, str) and ":iam::" in arn and ":role/" in arn:
                yield arn


def _known(write: Callable[[Record], Any]) -> Callable[[Record], Any]:
    def write_known(params: Record) -> Any:
        document = iam._p(params, "AssumeRolePolicyDocument") or iam._p(params, "PolicyDocument")
        if unknown := unknown_principal(document):
            refusal = f'Invalid principal in policy: "AWS":"{unknown}"'
            return iam._error(400, "MalformedPolicyDocument", refusal, ns="iam")
        return write(params)

    return write_known


def _known_in_stack(write: Callable[..., Any], place: int) -> Callable[..., Any]:
    def write_known(*args: Any, **more: Any) -> Any:
        if unknown := unknown_principal(args[place].get("AssumeRolePolicyDocument")):
            raise ValueError(f'Invalid principal in policy: "AWS":"{unknown}" (MalformedPolicyDocument)')
        return write(*args, **more)

    return write_known


def _forgotten(delete: Callable[[Record], Any]) -> Callable[[Record], Any]:
    def delete_role(params: Record) -> Any:
        name = iam._p(params, "RoleName")
        role = iam._roles.get(name)
        answer = delete(params)
        if name not in iam._roles:
            _show_ids(role)
        return answer

    return delete_role


def _show_ids(gone: Record | None) -> None:
    if not gone:
        return
    for name, role in list(iam._roles.items()):
        document = role["AssumeRolePolicyDocument"]
        text = document if isinstance(document, str) else json.dumps(document)
        if gone["Arn"] in _trusted(text):
            shown = text.replace(f'"{gone["Arn"]}"', f'"{gone["RoleId"]}"')
            kept = shown if isinstance(document, str) else json.loads(shown)
            iam._roles[name] = {**role, "AssumeRolePolicyDocument": kept}
