"""Values of a template."""

import copy
import json
import secrets
from typing import Any

Properties = dict[str, Any]


def as_bool(value: object) -> bool:
    """The value as a boolean; CloudFormation also accepts `"true"`."""
    return str(value).lower() == "true"


def as_document(value: object) -> dict[str, Any] | None:
    """A policy from JSON or its text; None without one. Raises ValueError if it is no object."""
    if value in (None, "", {}):
        return None
    parsed = json.loads(value) if isinstance(value, str) else copy.deepcopy(value)
    if not isinstance(parsed, dict):
        raise ValueError("it is not a JSON object")
    return parsed


def generated_name(stack_name: str, logical_id: str, longest: int) -> str:
    """A physical name CloudFormation would give: stack, logical id and a random end; letters, digits, hyphens."""
    end = secrets.token_hex(6)
    start = f"{stack_name}-{logical_id}"[: longest - len(end) - 1].rstrip("-")
    return f"{start}-{end}"
