"""How a setting whose absence means something says that there is none: `off`."""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator


def _off(setting: Any) -> Any:
    # YAML reads `off` as false.
    return None if setting is False else setting


Off = BeforeValidator(_off)
