"""IngestPipeline: turns a text field into a vector on the way into an index."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.target import Target


class IngestPipeline(MlResource):
    """Embeds `text_field` into `embedding_field` with `model`, `batch_size` documents of a bulk per call.

    None for engines before OpenSearch 2.17, which take one at a time. A `sparse_model` puts the weights of its words
    into `sparse_field` besides.

    Example::

        ml.IngestPipeline(stack, "Embed", target=target, name="articles", model=model, text_field="body")
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        model: MlModel,
        text_field: str = "text",
        embedding_field: str = "embedding",
        batch_size: int | None = 32,
        sparse_model: MlModel | None = None,
        sparse_field: str = "word_weights",
    ) -> None:
        # `_bulk?batch_size=` is gone in OpenSearch 3: only the processor batches now.
        batch = {"batch_size": batch_size} if batch_size else {}
        dense = {"model_id": model.physical_id, "field_map": {text_field: embedding_field}, **batch}
        processors: list[dict[str, object]] = [{"text_embedding": dense}]
        if sparse_model is not None:
            sparse = {"model_id": sparse_model.physical_id, "field_map": {text_field: sparse_field}, **batch}
            processors.append({"sparse_encoding": sparse})
        pipeline = {
            "description": f"Embeds {text_field} into {embedding_field}",
            "processors": processors,
        }
        super().__init__(scope, id, target=target, kind="IngestPipeline", spec={"name": name, "pipeline": pipeline})
