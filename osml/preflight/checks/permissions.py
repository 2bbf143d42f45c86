"""The deploying identity may assume the roles of the bootstrap, and CloudFormation's role may create the stacks."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from calls.count_of import count_of
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Noted, Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext
from osml.preflight.needed_actions import needed

TITLE, BEFORE_DEPLOY = "permissions", False
# The ending of a name as CloudFormation generates it.
RANDOM = "A1B2C3D4E5F6"
# Actions in one request. SimulatePrincipalPolicy accepts more, and answers in pages.
AT_ONCE = 100


def look(context: PreflightContext) -> Iterator[Seen]:
    """Ask IAM with SimulatePrincipalPolicy. None of the actions is executed."""
    iam: Any = context.session.client("iam")
    roles = _roles(context)
    caller = _principal(iam, context.caller.arn)
    if caller is None:
        yield f"{context.caller.arn} has all permissions, because it is the account's root user"
    else:
        yield from _assumes(context, iam, caller, roles["deploy"])
    made_by = roles["execution"]
    iam.get_role(RoleName=made_by.rpartition("/")[2])
    yield from _makes(context, iam, made_by)


def _roles(context: PreflightContext) -> dict[str, str]:
    """The role that deploys and the one with which CloudFormation creates, as the assembly names them."""
    artifacts = json.loads((context.assembly / "manifest.json").read_text())["artifacts"].values()
    properties: dict[str, Any] = next(
        (artifact["properties"] for artifact in artifacts if artifact["type"] == "aws:cloudformation:stack"), {}
    )
    known = {
        "${AWS::Partition}": context.partition,
        "${AWS::AccountId}": context.caller.account,
        "${AWS::Region}": context.region,
    }

    def named(key: str) -> str:
        arn = str(properties.get(key) or "")
        if not arn:
            raise Skipped("the app deploys with the caller's own permissions, not with roles of a bootstrap")
        for token, value in known.items():
            arn = arn.replace(token, value)
        return arn

    return {"deploy": named("assumeRoleArn"), "execution": named("cloudFormationExecutionRoleArn")}


def _principal(iam: Any, arn: str) -> str | None:
    """The user or role of the caller as IAM names it; None for the account's root."""
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    if kind == "root":
        return None
    if kind != "assumed-role":
        return arn
    # A session names the role without its path.
    return str(iam.get_role(RoleName=rest.split("/")[0])["Role"]["Arn"])


def _assumes(context: PreflightContext, iam: Any, caller: str, role: str) -> Iterator[Seen]:
    denied = _denied(iam, caller, ["sts:AssumeRole"], [role])
    if not denied:
        yield f"{caller} may assume {role}"
        return
    cause = f"{caller} may not assume {role}, with which the CDK deploys"
    fix = f"Allow it sts:AssumeRole on arn:{context.partition}:iam::{context.caller.account}:role/cdk-*."
    yield complaint(context.place, "deploy-not-allowed", cause, fix)


def _makes(context: PreflightContext, iam: Any, role: str) -> Iterator[Seen]:
    """First simulate all actions on all resources in one call, then each denied action on what the deploy creates."""
    wanted = _wanted(context)
    if not wanted:
        yield "the deploy creates nothing"
        return
    everywhere = _denied(iam, role, sorted(wanted), ["*"])
    refused: dict[bool, list[str]] = {True: [], False: []}
    for action, conditional in everywhere.items():
        for arn in sorted(wanted[action]):
            denied = _denied(iam, role, [action], [arn])
            if denied:
                refused[conditional or denied[action]].append(f"{action} on {arn}")
                break
    for conditional, actions in refused.items():
        if not actions:
            continue
        first, more = actions[0], ", ".join(action.partition(" ")[0] for action in actions[1:])
        cause = f"{role} may not do {first}, which the templates need" + (f"; nor {more}" if more else "")
        problem = complaint(context.place, "deploy-not-allowed", cause)
        # The simulation does not know the values for the conditions of a policy.
        yield Noted(problem) if conditional else problem
    if not any(refused.values()):
        yield f"{role} may create the stacks, with {count_of(len(wanted), 'action')}"


def _wanted(context: PreflightContext) -> dict[str, set[str]]:
    """Each action that creates something, and a resource that it creates."""
    wanted: dict[str, set[str]] = {}
    for stack, logical_id, resource in context.new:
        row = needed(resource["Type"])
        if row is None:
            continue
        actions, form = row
        named = [context.named(value) for key, value in resource.get("Properties", {}).items() if key in _NAMES]
        name = next((text for text in named if text), f"{stack}-{logical_id}-{RANDOM}")
        if resource["Type"] == "AWS::SSM::Parameter":
            name = "/" + name.lstrip("/")
        known = {"region": context.region, "account": context.caller.account, "name": name}
        arn = form if form == "*" else f"arn:{context.partition}:{form.format(**known)}"
        for action in actions:
            wanted.setdefault(action, set()).add(arn)
    return wanted


_NAMES = ("BucketName", "DomainName", "DashboardName", "EndpointName", "LogGroupName", "Name", "RoleName", "TopicName")


def _denied(iam: Any, principal: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, bool]:
    """The denied actions, and whether IAM lacked values of a condition for them."""
    denied: dict[str, bool] = {}
    for at in range(0, len(actions), AT_ONCE):
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=principal, ActionNames=list(actions[at : at + AT_ONCE]), ResourceArns=list(resources)
        )
        for page in pages:
            for result in page["EvaluationResults"]:
                if result["EvalDecision"] != "allowed":
                    denied[result["EvalActionName"]] = bool(result.get("MissingContextValues"))
    return denied
