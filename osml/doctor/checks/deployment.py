"""The environment's stacks exist and are completely deployed."""

from calls.count_of import count_of
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Complaint, Noted
from osml.remote.stack_state import StackState


def stacks(context: Context) -> str:
    """The stacks' states, and the first reason of a failed deploy; only a note if everything was rolled back."""
    for stack in context.stacks:
        if not stack.is_changing and not stack.is_healthy:
            raise _complaint(context, stack)
    wanted = {f"{context.settings.prefix}-{part}" for part in ("search", "inference", "knowledge")}
    missing = sorted(wanted - {stack.name for stack in context.stacks})
    if missing:
        raise complaint(context.place, "not-deployed", f"These stacks do not exist: {', '.join(missing)}")
    for stack in context.stacks:
        if stack.was_rolled_back:
            raise Noted(_complaint(context, stack))
    changing = [f"{stack.name} is {stack.state}" for stack in context.stacks if stack.is_changing]
    return f"{count_of(len(context.stacks), 'stack')}" + (
        f"; a deploy is running: {', '.join(changing)}" if changing else ""
    )


def _complaint(context: Context, stack: StackState) -> Complaint:
    reason = stack.fault or "its events name no failed resource"
    return complaint(
        context.place,
        named(stack.cause, "deploy-failed"),
        f"The last deploy left {stack.name} in {stack.state}: {reason}",
    )


CHECK = Check("stacks", stacks, after="end of life")
