"""IngestPipeline: embeds a text field of documents that enter an index."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.field_script import with_fields
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_resource import MlResource


class IngestPipeline(MlResource):
    """Embeds `text_field` into `embedding_field` with `model`; a call embeds `batch_size` documents of a bulk.

    `batch_size` is None for engines before OpenSearch 2.17, which embed one document at a time. With a `sparse_model`
    the pipeline also writes the weights of words into `sparse_field`.

    Before it embeds, the pipeline converts each field to fit the index, and makes it searchable by its whole value
    (`osml.labels`). `fields` are the fields that the index declares.

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
        fields: Mapping[str, str] | None = None,
        adopted: bool = False,
    ) -> None:
        # OpenSearch 3 has no `_bulk?batch_size=`, so the processor sets the batch size.
        batch = {"batch_size": batch_size} if batch_size else {}
        dense = {"model_id": model.physical_id, "field_map": {text_field: embedding_field}, **batch}
        made = (embedding_field, *([sparse_field] if sparse_model else []))
        processors: list[dict[str, object]] = [{"text_embedding": dense}]
        if sparse_model is not None:
            sparse = {"model_id": sparse_model.physical_id, "field_map": {text_field: sparse_field}, **batch}
            processors.append({"sparse_encoding": sparse})
        # An adopted pipeline keeps its description, which it has again when it is released.
        described = {} if adopted else {"description": f"Embeds {text_field} into {embedding_field}"}
        pipeline = {**described, "processors": with_fields(processors, text_field, made, fields or {})}
        spec = {"name": name, "pipeline": pipeline}
        super().__init__(scope, id, target=target, kind="IngestPipeline", spec=spec, adopted=adopted)
