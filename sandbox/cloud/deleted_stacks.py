"""Keeps the events of a deleted stack under its id when another stack gets its name, as CloudFormation does.

MiniStack 1.5.33 stores stacks by name, so the new stack replaces the deleted one.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

CREATING = ("CreateStack", "CreateChangeSet")


def install() -> None:
    """Wraps the two operations that create a stack; once per process."""
    for action in CREATING:
        handlers._ACTION_HANDLERS[action] = _keeping(handlers._ACTION_HANDLERS[action])


def _keeping(begin: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def begin_beside_what_was(params: Any) -> Any:
        name = handlers._p(params, "StackName")
        before = cloudformation._stacks.get(name)
        if before and before.get("StackStatus") == "DELETE_COMPLETE":
            cloudformation._stacks[before["StackId"]] = cloudformation._stacks.pop(name)
        return begin(params)

    return begin_beside_what_was
