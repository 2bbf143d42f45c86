"""The environment's stacks: there, and deployed to the end."""

from osml.checks.complaints import complaint
from osml.checks.recognition import cause_of
from osml.checks.seat import Seat
from osml.checks.verdict import Complaint, Noted
from osml.stack_state import StackState


def stacks(seat: Seat) -> str:
    """The stacks' states; of a deploy that failed the first reason, which is a note when everything is as before it."""
    for stack in seat.stacks:
        if not stack.is_changing and not stack.is_healthy:
            raise _complaint(seat, stack)
    wanted = {f"{seat.settings.prefix}-{part}" for part in ("search", "inference", "knowledge")}
    missing = sorted(wanted - {stack.name for stack in seat.stacks})
    if missing:
        raise complaint(seat.place, "not-deployed", f"There is no stack {' and no stack '.join(missing)}")
    for stack in seat.stacks:
        if stack.was_rolled_back:
            raise Noted(_complaint(seat, stack))
    changing = [f"{stack.name} is {stack.state}" for stack in seat.stacks if stack.is_changing]
    return f"{len(seat.stacks)} stacks" + (f"; a deploy runs: {', '.join(changing)}" if changing else "")


def _complaint(seat: Seat, stack: StackState) -> Complaint:
    reason = stack.fault or "its events name no resource that failed"
    name = cause_of(stack.fault or "", "deploy-failed")
    return complaint(seat.place, name, f"The last deploy left {stack.name} in {stack.state}: {reason}")
