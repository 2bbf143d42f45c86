"""The stacks' objects are as deployed, so that a deploy after the upgrade has nothing to restore."""

from osml.doctor.checks.context import Context
from osml.rehearsal.subject import Asked, Comparison, compared
from osml.status import status
from osml.status.inventory import Entry
from osml.status.status import Status


def look(context: Context, _: Asked) -> Status:
    """The status, as in `osml status`."""
    return status.look(context.place)


def compare(before: Status, after: Status) -> Comparison:
    """Only a new fault is a fault of the upgrade."""
    well = {(one.kind, one.id) for one in before.resources if one.is_healthy}
    faults = [_said(one) for one in after.resources if not one.is_healthy and (one.kind, one.id) in well]
    if after.trouble and not before.trouble:
        faults.append(after.trouble)
    good = sum(one.is_healthy for one in after.resources)
    return compared(f"{good} of {len(after.resources)} deployed objects are as their stacks define them", faults)


def _said(one: Entry) -> str:
    return f"The {one.kind} {one.id} is {one.state}" + (f": {one.detail}." if one.detail else ".")
