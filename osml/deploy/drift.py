"""Objects that somebody deleted or changed manually. A usual deploy does not restore them: no template changed."""

from datetime import UTC, datetime

from osml.failure import Failure
from osml.place import Place
from osml.status.inventory import TAKEN_OVER, Entry
from osml.status.status import look

# With this context, `cdk deploy` updates every object in the engine; see MlResource.
CONTEXT = "osml:repair"


def mending() -> list[str]:
    """The arguments with which `cdk deploy` makes CloudFormation update every object."""
    return ["-c", f"{CONTEXT}={datetime.now(UTC).isoformat(timespec='seconds')}"]


def require_ours(place: Place) -> None:
    """Raises Failure when an object has another owner's mark, because a deploy changes only its own objects."""
    taken = [entry for entry in look(place).drifted if entry.state == TAKEN_OVER]
    if taken:
        raise Failure(
            f"The repair of {place.env} did not start: {'; '.join(map(sentence, taken))}. "
            "Remove the object, or restore the mark in its description, then try again.",
            "not-ours",
        )


def drifted(place: Place) -> list[str]:
    """A sentence for each object that differs from its stack. Raises Failure when the comparison is impossible."""
    seen = look(place)
    if seen.locked_out:
        return [str(seen.trouble)]
    if seen.trouble:
        raise Failure(seen.trouble)
    return [sentence(entry) for entry in seen.drifted]


def sentence(entry: Entry) -> str:
    """The object and its state."""
    name = f"{entry.kind} {entry.owner.logical_id}" if entry.owner else entry.kind
    return f"{name} ({entry.id}) is {entry.state}" + (f": {entry.detail}" if entry.detail else "")
