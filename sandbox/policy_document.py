"""Policy documents of IAM: a field may have one value, or a list of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def listed(value: Any) -> list[Any]:
    """The values of a field; none if it is missing."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def statements(policy: Mapping[str, Any] | None) -> list[Any]:
    return listed((policy or {}).get("Statement"))
