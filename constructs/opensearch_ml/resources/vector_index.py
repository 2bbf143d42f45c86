"""VectorIndex: an index of passages and their vectors."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.providers.provider import Provider
from opensearch_ml.resources.field_script import ACCESS, WORDS, field_mappings
from opensearch_ml.resources.ingest_pipeline import IngestPipeline
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_resource import MlResource
from opensearch_ml.resources.search_pipeline import SearchPipeline

# Increased when a pipeline or the mapping treats documents' fields differently. A new number makes another index
# version, which takes over the documents.
FIELDS_VERSION = 3
HNSW = {"m": 16, "ef_construction": 100}
# Fields that mark a document's version where a passage cannot replace another: `stored` is in ns since the epoch, and
# `passages` is the number of passages of this version.
VERSION: dict[str, object] = {"stored": {"type": "long"}, "passages": {"type": "integer"}}
# The mapping of `osml` on a collection, where it contains only `access`.
OURS: dict[str, object] = {"osml": {"dynamic": False, "properties": {"access": dict(ACCESS)}}}


# The thresholds of a domain's slow logs. A query is logged with its text, a document only with its id.
SLOW_QUERIES = {"query": {"warn": "5s", "info": "1s"}, "fetch": {"warn": "2s"}}
SLOW_WRITES = {"slowlog": {"threshold": {"index": {"warn": "10s"}}, "source": "false"}}


ENCODERS: dict[str, dict[str, object]] = {
    "fp16": {"encoder": {"name": "sq", "parameters": {"type": "fp16"}}},
    # For Lucene, k-NN 3.6 refuses `sq` without `bits`; before 3.6, 7 is the default and the only value.
    "byte": {"encoder": {"name": "sq", "parameters": {"bits": 7}}},
}
ON_DISK: dict[str, object] = {"mode": "on_disk", "compression_level": "32x"}


def vector_field(dimension: int, engine: str | None, space_type: str, quantization: str = "none") -> dict[str, object]:
    """The mapping of a vector field with an HNSW graph.

    `quantization` is none, fp16, byte or disk. `fp16` needs faiss and OpenSearch 2.13. `byte` needs lucene and 2.16,
    and stores a number in seven bits. `disk` needs faiss and 2.17. It has one bit for a number in memory, and the full
    vectors on disk for the last step.
    """
    chosen = {"engine": engine} if engine else {}
    parameters = {**HNSW, **ENCODERS.get(quantization, {})}
    method = {"name": "hnsw", **chosen, "space_type": space_type, "parameters": parameters}
    disk = ON_DISK if quantization == "disk" else {}
    return {"type": "knn_vector", "dimension": dimension, "method": method, **disk}


def searched(search_pipeline: SearchPipeline | None, *, slow: bool) -> dict[str, object] | None:
    """The search settings of an index; None if there are none. `slow` adds the thresholds of the slow log."""
    logged = {"slowlog": {"threshold": SLOW_QUERIES}} if slow else {}
    default = {"default_pipeline": search_pipeline.physical_id} if search_pipeline else {}
    return {**logged, **default} or None


class VectorIndex(MlResource):
    """An HNSW index with the `engine` faiss or lucene; None on a NEXTGEN collection, which accepts no engine.

    `quantization` compresses its vectors, see `vector_field`; `sparse_field` is the field for weights of words, if any.
    With a `model` the deploy checks that the model's vectors have `dimension` numbers, with the probe of `provider`.

    A `pipeline` embeds arriving documents, and a `search_pipeline` embeds questions. With a `pipeline`, the words of
    title and text are also in the field `osml.words`, stemmed for `language`. Slow searches and writes are then logged,
    too, if the domain publishes its slow logs. A collection has no pipelines, and it chooses `shards` and `replicas`
    itself, so both must be None. There each passage has the version of its document.

    Only osml's own fields and the declared `fields` (a name with keyword, number, date or boolean) have a type. The
    `pipeline`, which needs the same `fields`, makes the others searchable.

    With an `index_version` the index is `<name>-<index_version>`, and `name` is an alias. A new index version creates a
    new index. It first takes over all documents, which its `pipeline` embeds again, and then the alias; meanwhile
    people can write and ask. With `removal_policy` RETAIN the documents outlive the stack.

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
        index_version: str | None = None,
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
        language: str = "english",
        fields: Mapping[str, str] | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        settings: dict[str, object] = {
            "default_pipeline": pipeline.physical_id if pipeline else None,
            "search": searched(search_pipeline, slow=bool(pipeline)),
            "indexing": SLOW_WRITES if pipeline else None,
            "number_of_shards": shards,
            "number_of_replicas": replicas,
        }
        # The words of both are in one field. A word then has the same weight in both, and a rare word that is also in
        # the title does not count twice.
        copied = {"copy_to": [WORDS]} if pipeline else {}
        given = {name: value for name, value in settings.items() if value is not None}
        body = {
            "settings": {"index": {"knn": True, **given}},
            "mappings": {
                "dynamic": False,
                "properties": {
                    "id": {"type": "keyword"},
                    "document": {"type": "keyword"},
                    "title": {"type": "text", **copied},
                    text_field: {"type": "text", **copied},
                    embedding_field: vector_field(dimension, engine, space_type, quantization),
                    **({sparse_field: {"type": "rank_features"}} if sparse_field else {}),
                    **(field_mappings(fields or {}, language) if pipeline else {**VERSION, **OURS}),
                },
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
            spec={"name": f"{name}-{index_version}" if index_version else name, "body": body, **checked},
            removal_policy=removal_policy,
        )
        if index_version:
            MlResource(
                self,
                "Alias",
                target=target,
                kind="Alias",
                spec={"name": name, "index": self.physical_id},
                removal_policy=removal_policy,
            )
