"""Environment files, the functions' settings and the stacks' outputs: each fact is declared once.

Nothing in this package needs AWS: the app, the command line, the functions and the tests read the same declarations. A
function must import only what it needs, so this module imports the environment's module only on demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from settings.environment import NAME, Environment, load

__all__ = ["NAME", "Environment", "Group", "SettingError", "load"]


class SettingError(Exception):
    """A setting is wrong, unknown or missing, or the environment does not exist."""

    cause = "invalid-setting"


class Group(BaseModel):
    """A group of settings, without type conversion, unknown names, or changes after loading.

    Its validator is built at the first use, because a function imports groups that it never reads by themselves.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from settings import environment

    return getattr(environment, name)
