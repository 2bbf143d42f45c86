"""The vectors of the index and of its model have the same length."""

from typing import Any

from osml.doctor.checks import pipeline
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Unchecked


def dimension(context: Context) -> str:
    """The dimension of the index's vector field, compared with the length of the vectors in the model's probe."""
    if context.on_collection:
        raise Unchecked("operators have no access to a collection")
    field = context.knowledge.embedding_field
    mapping = _mapping(context, field)
    taken = mapping.get("dimension")
    if mapping.get("type") != "knn_vector" or taken is None:
        index, kind = context.knowledge.index, mapping.get("type", "missing")
        cause = f"The field {field} of the index {index} is {kind}, not a vector"
        raise complaint(context.place, "dimension-mismatch", cause)
    made = {length for model_id in pipeline.embedding_ids(context) if (length := context.vectors.get(model_id))}
    if not made:
        raise Unchecked(f"the index needs vectors with {taken} dimensions, but the model was not probed")
    if made != {int(taken)}:
        cause = (
            f"The index {context.knowledge.index} needs vectors with {taken} dimensions, but its model returns "
            f"{made.pop()}"
        )
        raise complaint(context.place, "dimension-mismatch", cause)
    return f"{taken} numbers"


def _mapping(context: Context, field: str) -> dict[str, Any]:
    mapping: dict[str, Any] = context.index.get("mappings", {})
    for part in field.split("."):
        mapping = mapping.get("properties", {}).get(part, {})
    return mapping


CHECK = Check("index dimension", dimension, after="pipelines", rests_on_objects=True)
