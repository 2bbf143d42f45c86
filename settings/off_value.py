"""The value `off`, for a setting whose absence means a default and not off."""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator


def _off(setting: Any) -> Any:
    # YAML reads `off` as false.
    return None if setting is False else setting


Off = BeforeValidator(_off)
