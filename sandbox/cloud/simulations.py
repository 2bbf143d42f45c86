"""IAM's SimulatePrincipalPolicy: it checks that the principal exists, and every action on every resource.

MiniStack 1.5.33 returns denials for a session, for a group and for a principal that does not exist, and checks only one
resource.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
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
    known = roles.find(principal) if kind == "role" else (iam._users if kind == "user" else iam._groups).get(short)
    if known is None or known["Arn"] != principal:
        return iam._error(404, "NoSuchEntity", f"The {kind} with name {short} cannot be found.", ns="iam")
    policies = GATHER[kind](short, account)
    actions = list(_members(params, "ActionNames"))
    results = "".join(
        iam._build_simulate_results_real(actions, resource, principal, account, policies)
        for resource in list(_members(params, "ResourceArns")) or ["*"]
    )
    results_xml = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
    return iam._xml(200, f"{ACTION}Response", f"<{ACTION}Result>{results_xml}</{ACTION}Result>", ns="iam")


def _of_group(name: str, account: str) -> list[Any]:
    """The statements of each policy of a group. Those of a user contain the policies of the user's groups already."""
    inline = (iam._group_inline_policies.get(name) or {}).values()
    attached = iam._groups[name].get("AttachedPolicies", [])
    managed = (iam_evaluator._resolve_managed_policy_document(arn, account) for arn in attached)
    documents = [*inline, *filter(None, managed)]
    return list(filter(None, map(iam_evaluator.parse_policy_document, documents)))


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
