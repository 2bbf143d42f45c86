"""IAM's SimulatePrincipalPolicy: it checks that the principal exists, and every action on every resource.

MiniStack 1.5.33 returns denials for a session, for a group and for a principal that does not exist, checks only one
resource, and ignores permissions boundaries.
"""

from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from sandbox.cloud import roles

ACTION = "SimulatePrincipalPolicy"


def install() -> None:
    """Replaces MiniStack's operation; once per process."""
    iam._IAM_HANDLERS[ACTION] = _simulate


def _simulate(params: Any) -> Any:
    principal, account = str(iam._p(params, "PolicySourceArn") or ""), get_account_id()
    kind, _, name = principal.rpartition(":")[2].partition("/")
    if ":iam::" not in principal or kind not in ("user", "role", "group"):
        sentence = f"Invalid Entity Arn: {principal} does not clearly define entity type and name."
        return iam._error(400, "InvalidInput", sentence, ns="iam")
    short = name.rpartition("/")[2]
    known = roles.find(principal) if kind == "role" else _stored(kind).get(short)
    if known is None or known["Arn"] != principal:
        return iam._error(404, "NoSuchEntity", f"The {kind} with name {short} cannot be found.", ns="iam")
    policies = GATHER[kind](short, account)
    limits = [] if kind == "group" else iam_evaluator._permissions_boundary(_stored(kind), short, account)
    results = "".join(
        _evaluated(action, resource, principal, account, policies, limits)
        for resource in list(_members(params, "ResourceArns")) or ["*"]
        for action in _members(params, "ActionNames")
    )
    results_xml = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
    return iam._xml(200, f"{ACTION}Response", f"<{ACTION}Result>{results_xml}</{ACTION}Result>", ns="iam")


def _evaluated(action: str, resource: str, principal: str, account: str, policies: list[Any], limits: list[Any]) -> str:
    """The result for one action on one resource; `limits` are the statements of the boundary, if there is one."""
    question = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="User",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        source_ip="127.0.0.1",
        secure_transport=False,
    )
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": DECISIONS.get(iam_evaluator.evaluate(question, policies, *limits).decision, DENIED),
    }
    if limits:
        allowed = iam_evaluator.evaluate(question, *limits).decision == "Allow"
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": str(allowed).lower()}
    return _as_xml({"member": result | {"MatchedStatements": {}, "MissingContextValues": {}}})


def _as_xml(content: dict[str, Any]) -> str:
    texts = {name: _as_xml(value) if isinstance(value, dict) else escape(value) for name, value in content.items()}
    return "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())


def _stored(kind: str) -> Any:
    return {"role": iam._roles, "user": iam._users, "group": iam._groups}[kind]


def _of_group(name: str, account: str) -> list[Any]:
    """The statements of each policy of a group. Those of a user contain the policies of the user's groups already."""
    inline = (iam._group_inline_policies.get(name) or {}).values()
    attached = iam._groups[name].get("AttachedPolicies", [])
    managed = (iam_evaluator._resolve_managed_policy_document(arn, account) for arn in attached)
    documents = [*inline, *filter(None, managed)]
    return list(filter(None, map(iam_evaluator.parse_policy_document, documents)))


DENIED = "implicitDeny"
DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny"}
GATHER: dict[str, Callable[[str, str], list[Any]]] = {
    "role": iam_evaluator._gather_role_policies,
    "user": iam_evaluator._gather_user_policies,
    "group": _of_group,
}


def _members(params: Any, name: str) -> Iterator[str]:
    number = 1
    while value := iam._p(params, f"{name}.member.{number}"):
        yield str(value)
        number += 1
