"""The objects in the engine are as their stacks define them, by the same comparison as in status, deploy and keeper."""

from calls.count_of import count_of
from mlcommons.drift import Compared
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Unchecked

MISSING = {
    "Index": "index-missing",
    "Alias": "index-missing",
    "Model": "model-missing",
    "IngestPipeline": "pipeline-missing",
    "SearchPipeline": "pipeline-missing",
    "RoleMapping": "role-mapping-missing",
    "TrustedEndpoints": "endpoint-not-trusted",
}


def objects(context: Context) -> str:
    """The number of objects. Raises Complaint for the first that somebody deleted, changed or took over."""
    if context.on_collection:
        raise Unchecked("operators have no access to a collection")
    drifted = [entry for entry in context.compared if entry.is_drift]
    if drifted:
        further = count_of(len(drifted) - 1, "more object")
        more = f"; there is a difference in {further}, see `osml status`" if len(drifted) > 1 else ""
        raise complaint(context.place, name_of(drifted[0]), f"{sentence(drifted[0])}{more}")
    return f"unchanged since the deploy: {count_of(len(context.compared), 'object')}"


def sentence(compared: Compared) -> str:
    """A sentence about the object with its name and id."""
    return f"The {compared.watched} ({compared.watched.id}) {compared.sentence}"


def name_of(compared: Compared) -> str:
    """The name of the complaint."""
    if compared.state == "taken over":
        return "not-ours"
    if compared.is_broken:
        return "index-unreadable"
    if compared.state == "missing":
        return MISSING.get(compared.watched.kind, "object-missing")
    return {"RoleMapping": "role-mapping-missing", "TrustedEndpoints": "endpoint-not-trusted"}.get(
        compared.watched.kind, "object-changed"
    )


CHECK = Check("objects", objects, after="index dimension")
