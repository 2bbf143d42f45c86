"""The index embeds on the way in, a search embeds and answers: their pipelines are there, and name models that are."""

from typing import Any

from mlcommons.client import path_of
from mlcommons.compare import flattened
from osml.checks.complaints import complaint
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped


def pipelines(seat: Seat) -> str:
    """The pipelines that the index names, and the one that answers."""
    if seat.on_collection:
        raise Skipped("a collection has no pipelines")
    if not seat.index:
        raise complaint(seat.place, "index-missing", f"There is no index {seat.knowledge.index}")
    found = [("ingest", ingest(seat)), *(("search", name) for name in searches(seat))]
    for folder, name in found:
        body = seat.client.find(path_of(f"_{folder}", "pipeline", name))
        if not body:
            raise complaint(seat.place, "pipeline-missing", f"There is no {folder} pipeline {name}")
        for model_id in model_ids(body):
            if seat.client.find(path_of("_plugins", "_ml", "models", model_id)) is None:
                cause = f"The {folder} pipeline {name} refers to the model {model_id}, which is not in the engine"
                raise complaint(seat.place, "model-missing", cause)
    return ", ".join(name for _, name in found)


def ingest(seat: Seat) -> str:
    """The pipeline that documents go through on their way into the index."""
    name = _settings(seat).get("index.default_pipeline")
    if not name:
        cause = f"The index {seat.knowledge.index} names no default pipeline: documents arrive without vectors"
        raise complaint(seat.place, "pipeline-missing", cause)
    return str(name)


def searches(seat: Seat) -> list[str]:
    """The pipelines that a question goes through: the index's own, and the stack's."""
    own = _settings(seat).get("index.search.default_pipeline")
    return list(dict.fromkeys(str(name) for name in (own, seat.knowledge.search_pipeline) if name))


def _settings(seat: Seat) -> dict[str, Any]:
    return flattened(seat.index.get("settings", {}))


def embedding_ids(seat: Seat) -> list[str]:
    """The models that embed what arrives in the index. Raises Complaint, and `ProvisioningError` without a pipeline."""
    return model_ids(seat.client.get(path_of("_ingest", "pipeline", ingest(seat))))


def model_ids(body: Any) -> list[str]:
    """Every model that a pipeline refers to, in whichever processor."""
    if isinstance(body, dict):
        own = [str(body[name]) for name in ("model_id", "default_model_id") if name in body]
        return own + [one for value in body.values() for one in model_ids(value)]
    return [one for value in body for one in model_ids(value)] if isinstance(body, list) else []
