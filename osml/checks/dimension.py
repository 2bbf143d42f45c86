"""The index takes vectors of the length that its model makes."""

from typing import Any

from osml.checks import pipeline
from osml.checks.complaints import complaint
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped


def dimension(seat: Seat) -> str:
    """The dimension of the index's vector field, and the length of the vectors that the model probe saw."""
    if seat.on_collection:
        raise Skipped("could not be checked: a collection does not let operators in")
    field = seat.knowledge.embedding_field
    mapping = _mapping(seat, field)
    taken = mapping.get("dimension")
    if mapping.get("type") != "knn_vector" or taken is None:
        cause = (
            f"The field {field} of the index {seat.knowledge.index} is {mapping.get('type', 'missing')}, not a vector"
        )
        raise complaint(seat.place, "dimension-mismatch", cause)
    made = {length for model_id in pipeline.embedding_ids(seat) if (length := seat.vectors.get(model_id))}
    if not made:
        raise Skipped(f"could not be checked: the index takes {taken} numbers, and the model was not probed")
    if made != {int(taken)}:
        cause = f"The index {seat.knowledge.index} takes vectors of {taken} numbers, and its model makes {made.pop()}"
        raise complaint(seat.place, "dimension-mismatch", cause)
    return f"{taken} numbers"


def _mapping(seat: Seat, field: str) -> dict[str, Any]:
    found: dict[str, Any] = seat.index.get("mappings", {})
    for part in field.split("."):
        found = found.get("properties", {}).get(part, {})
    return found
