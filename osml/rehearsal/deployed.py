"""The stacks' objects are as deployed, so that a deploy after the upgrade has nothing to restore."""

from osml.doctor.checks.context import Context
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared
from osml.status import status
from osml.status.inventory import Entry
from osml.status.status import Status


def look(context: Context, _: RehearsalQuestions) -> Status:
    """The status, as in `osml status`."""
    return status.look(context.place)


def compare(before: Status, after: Status) -> Comparison:
    """Only a new fault is a fault of the upgrade."""
    well = {(resource.kind, resource.id) for resource in before.resources if resource.is_healthy}
    faults = [
        _said(resource)
        for resource in after.resources
        if not resource.is_healthy and (resource.kind, resource.id) in well
    ]
    if after.trouble and not before.trouble:
        faults.append(after.trouble)
    good = sum(resource.is_healthy for resource in after.resources)
    return compared(f"{good} of {len(after.resources)} deployed objects without a difference", faults)


def _said(entry: Entry) -> str:
    return f"The {entry.kind} {entry.id} is {entry.state}" + (f": {entry.detail}." if entry.detail else ".")
