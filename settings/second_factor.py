"""The setting that lets people sign in with an authenticator app in addition to their password."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema


def _named(setting: Any) -> Any:
    # YAML reads `off` as false; older files contain true and false.
    return {True: "required", False: "off"}.get(setting, setting) if isinstance(setting, bool) else setting


SecondFactor = Annotated[
    Literal["off", "optional", "required"],
    BeforeValidator(_named),
    WithJsonSchema({"enum": ["off", "optional", "required", True, False]}),
]
