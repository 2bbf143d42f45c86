"""Conversions of the values in a CloudFormation template."""

import copy
import json
import secrets
from typing import Any

Properties = dict[str, Any]


def as_bool(value: object) -> bool:
    """The value as a boolean; CloudFormation also accepts the string `"true"`."""
    return str(value).lower() == "true"


def as_document(value: object) -> dict[str, Any] | None:
    """The policy as a dictionary, from an object or its JSON text; None if it is empty.

    Raises ValueError if it is not a JSON object.
    """
    if value in (None, "", {}):
        return None
    parsed = json.loads(value) if isinstance(value, str) else copy.deepcopy(value)
    if not isinstance(parsed, dict):
        raise ValueError("it is not a JSON object")
    return parsed


def generated_name(stack_name: str, logical_id: str, longest: int) -> str:
    """A physical name as CloudFormation generates it: stack, logical id and a random end.

    It has at most `longest` characters.
    """
    end = secrets.token_hex(6)
    start = f"{stack_name}-{logical_id}"[: longest - len(end) - 1].rstrip("-")
    return f"{start}-{end}"
