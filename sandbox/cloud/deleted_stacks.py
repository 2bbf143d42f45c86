"""A deleted stack keeps its events under its id when another stack takes its name, as CloudFormation keeps them.

MiniStack 1.5.33 keeps stacks by name, and forgets the one before.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

CREATING = ("CreateStack", "CreateChangeSet")


def install() -> None:
    """Wraps the two calls that begin a stack; once per process."""
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
