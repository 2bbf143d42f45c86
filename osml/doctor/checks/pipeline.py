"""The pipelines of the index and of the search exist, and refer to existing models."""

from typing import Any

from mlcommons.client import path_of
from mlcommons.compare import flattened
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped


def pipelines(context: Context) -> str:
    """The pipelines that the index names, and the pipeline that answers."""
    if context.on_collection:
        raise Skipped("a collection has no pipelines")
    if not context.index:
        raise complaint(context.place, "index-missing", f"The index {context.knowledge.index} does not exist")
    named = [("ingest", ingest(context)), *(("search", name) for name in searches(context))]
    for folder, name in named:
        body = context.client.find(path_of(f"_{folder}", "pipeline", name))
        if not body:
            raise complaint(context.place, "pipeline-missing", f"The {folder} pipeline {name} does not exist")
        for model_id in model_ids(body):
            if context.client.find(path_of("_plugins", "_ml", "models", model_id)) is None:
                cause = f"The {folder} pipeline {name} refers to the model {model_id}, which is not in the engine"
                raise complaint(context.place, "model-missing", cause)
    return ", ".join(name for _, name in named)


def ingest(context: Context) -> str:
    """The ingest pipeline of the index. Raises Complaint if it has none."""
    name = _settings(context).get("index.default_pipeline")
    if not name:
        cause = f"The index {context.knowledge.index} has no default pipeline, so documents get no vectors"
        raise complaint(context.place, "pipeline-missing", cause)
    return str(name)


def searches(context: Context) -> list[str]:
    """The search pipelines of a question: the index's and the stack's."""
    own = _settings(context).get("index.search.default_pipeline")
    return list(dict.fromkeys(str(name) for name in (own, context.knowledge.search_pipeline) if name))


def _settings(context: Context) -> dict[str, Any]:
    return flattened(context.index.get("settings", {}))


def embedding_ids(context: Context) -> list[str]:
    """The models that embed documents for the index. Raises Complaint, or `ProvisioningError` without a pipeline."""
    return model_ids(context.client.get(path_of("_ingest", "pipeline", ingest(context))))


def model_ids(body: Any) -> list[str]:
    """Every model that a processor of the pipeline refers to."""
    if isinstance(body, dict):
        own = [str(body[name]) for name in ("model_id", "default_model_id") if name in body]
        return own + [model_id for value in body.values() for model_id in model_ids(value)]
    return [model_id for value in body for model_id in model_ids(value)] if isinstance(body, list) else []


CHECK = Check("pipelines", pipelines, after="models", rests_on_objects=True)
