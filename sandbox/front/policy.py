"""Evaluates a domain's access policy for unsigned requests; for signed requests, the authority does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.front.authority import nothing_allows, something_denies
from sandbox.policy_document import listed, statements

_KIND = "resource-based policy"


def denial_of_anyone(policy: Mapping[str, Any] | None, action: str, resource: str) -> str | None:
    """None if the policy lets everybody do the action; otherwise the reason, in AWS's words.

    Nothing is known about the caller. So an Allow with a condition never applies here, and a Deny always does.
    """
    allowed = False
    for statement in statements(policy):
        if not _concerns(statement, action, resource):
            continue
        if statement.get("Effect") == "Deny":
            return something_denies(_KIND)
        allowed = allowed or not statement.get("Condition")
    return None if allowed else nothing_allows(action, _KIND)


def _concerns(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    return (
        "*" in listed(principal)
        and any(like(str(pattern).lower(), action.lower()) for pattern in listed(statement.get("Action")))
        and any(like(str(pattern), resource) for pattern in listed(statement.get("Resource")))
    )


def like(pattern: str, text: str) -> bool:
    """Whether an IAM pattern, with `*` and `?`, matches the whole text."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None
