"""An export that another stack imports can be neither removed nor changed, as in CloudFormation.

MiniStack 1.5.33 checks this when a stack is deleted, but not when it is updated.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, stacks

Record = dict[str, Any]


def install() -> None:
    """Wraps MiniStack's resolution of a template's outputs; once per process."""
    stacks._resolve_stack_outputs = _held(stacks._resolve_stack_outputs)


def _held(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def _resolve_stack_outputs(
        outputs: Any, conditions: Any, resources: Any, params: Any, mappings: Any, stack_name: str, stack_id: str
    ) -> Any:
        resolved = resolve(outputs, conditions, resources, params, mappings, stack_name, stack_id)
        before = _exported((cloudformation._stacks.get(stack_name) or {}).get("Outputs", []))
        after = _exported(resolved[0])
        for name in (name for name, value in before.items() if after.get(name) != value):
            if user := _user(name, stack_name):
                verb = "updated" if name in after else "deleted"
                raise ValueError(f"Export {name} cannot be {verb} as it is in use by {user}")
        return resolved

    return _resolve_stack_outputs


def _exported(outputs: list[Record]) -> dict[str, str]:
    return {output["ExportName"]: output["OutputValue"] for output in outputs if output.get("ExportName")}


def _user(export: str, owner: str) -> str | None:
    """The name of the first stack that imports the export, or None."""
    for name, stack in cloudformation._stacks.items():
        state = stack.get("StackStatus", "")
        if name == owner or "DELETE" in state or not state.endswith("_COMPLETE"):
            continue
        if export in handlers._imported_export_names(stack, name):
            return str(stack["StackName"])
    return None
