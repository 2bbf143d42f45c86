"""VectorIndex: an index of passages and their vectors."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.ingest_pipeline import IngestPipeline
from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.provider import Provider
from opensearch_ml.search_pipeline import SearchPipeline
from opensearch_ml.target import Target

HNSW = {"m": 16, "ef_construction": 100}
# What tells versions of a document apart where a passage cannot take the place of another: ns since the epoch, and
# how many passages the version has.
VERSION = {"stored": {"type": "long"}, "passages": {"type": "integer"}}


ENCODERS: dict[str, dict[str, object]] = {
    "fp16": {"encoder": {"name": "sq", "parameters": {"type": "fp16"}}},
    "byte": {"encoder": {"name": "sq"}},
}
ON_DISK: dict[str, object] = {"mode": "on_disk", "compression_level": "32x"}


def vector_field(dimension: int, engine: str | None, space_type: str, quantization: str = "none") -> dict[str, object]:
    """The mapping of a vector field with an HNSW graph.

    `quantization` is none, fp16 (faiss, OpenSearch 2.13), byte (lucene, 2.16; seven bits a number) or disk (faiss,
    2.17; one bit a number in memory, and the whole vectors on disk for the last step).
    """
    chosen = {"engine": engine} if engine else {}
    parameters = {**HNSW, **ENCODERS.get(quantization, {})}
    method = {"name": "hnsw", **chosen, "space_type": space_type, "parameters": parameters}
    disk = ON_DISK if quantization == "disk" else {}
    return {"type": "knn_vector", "dimension": dimension, "method": method, **disk}


class VectorIndex(MlResource):
    """An HNSW index of the `engine` faiss or lucene; a collection of the next generation takes no name of one (None).

    `quantization` makes its vectors smaller, see `vector_field`; `sparse_field` is one for weights of words, if any.

    With a `model` the deploy checks, by the probe of its `provider`, that it makes `dimension` numbers; with a
    `pipeline` documents are embedded as they arrive, and with a `search_pipeline` questions. A collection has none of
    them, and chooses `shards` and `replicas` itself (None); there each passage says which version of its document it
    belongs to. With `removal_policy` RETAIN the documents outlive the stack.

    With a `generation` the index is `<name>-<generation>` and `name` an alias. Another generation is another index: it
    takes over all documents, embedded anew by its `pipeline`, and then the alias, while people write and ask.

    Example::

        ml.VectorIndex(
            stack,
            "Index",
            target=target,
            name="articles",
            dimension=1024,
            pipeline=pipeline,
            model=model,
            provider=embedding,
        )
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        generation: str | None = None,
        text_field: str = "text",
        embedding_field: str = "embedding",
        dimension: int,
        engine: str | None = "faiss",
        space_type: str = "cosinesimil",
        quantization: str = "none",
        sparse_field: str | None = None,
        shards: int | None = 1,
        replicas: int | None = 0,
        pipeline: IngestPipeline | None = None,
        search_pipeline: SearchPipeline | None = None,
        model: MlModel | None = None,
        provider: Provider | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        settings: dict[str, object] = {
            "default_pipeline": pipeline.physical_id if pipeline else None,
            "search": {"default_pipeline": search_pipeline.physical_id} if search_pipeline else None,
            "number_of_shards": shards,
            "number_of_replicas": replicas,
        }
        given = {name: value for name, value in settings.items() if value is not None}
        body = {
            "settings": {"index": {"knn": True, **given}},
            "mappings": {
                "properties": {
                    "id": {"type": "keyword"},
                    "document": {"type": "keyword"},
                    "title": {"type": "text"},
                    text_field: {"type": "text"},
                    embedding_field: vector_field(dimension, engine, space_type, quantization),
                    **({sparse_field: {"type": "rank_features"}} if sparse_field else {}),
                    **({} if pipeline else VERSION),
                }
            },
        }
        checked: dict[str, object] = {}
        if model and provider:
            embedding = {"model_id": model.physical_id, "field": embedding_field, "probe": provider.probe}
            checked = {"embedding": embedding}
        super().__init__(
            scope,
            id,
            target=target,
            kind="Index",
            spec={"name": f"{name}-{generation}" if generation else name, "body": body, **checked},
            removal_policy=removal_policy,
        )
        if generation:
            MlResource(
                self,
                "Alias",
                target=target,
                kind="Alias",
                spec={"name": name, "index": self.physical_id},
                removal_policy=removal_policy,
            )
