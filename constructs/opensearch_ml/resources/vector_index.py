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
# Fields for versions of a document where a passage cannot replace another: ns since the epoch, and the version's
# number of passages.
VERSION: dict[str, object] = {"stored": {"type": "long"}, "passages": {"type": "integer"}}
# Of a collection, where nothing else is in `osml`.
OURS: dict[str, object] = {"osml": {"dynamic": False, "properties": {"access": dict(ACCESS)}}}


# From when on a domain writes into its slow logs. Of a query it writes what was asked, of a document its id alone.
SLOW_QUERIES = {"query": {"warn": "5s", "info": "1s"}, "fetch": {"warn": "2s"}}
SLOW_WRITES = {"slowlog": {"threshold": {"index": {"warn": "10s"}}, "source": "false"}}


ENCODERS: dict[str, dict[str, object]] = {
    "fp16": {"encoder": {"name": "sq", "parameters": {"type": "fp16"}}},
    # Lucene: k-NN 3.6 refuses `sq` without `bits`; before, 7 is the default and the only value.
    "byte": {"encoder": {"name": "sq", "parameters": {"bits": 7}}},
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


def searched(search_pipeline: SearchPipeline | None, *, slow: bool) -> dict[str, object] | None:
    """The settings of an index for its searches, None if there are none."""
    logged = {"slowlog": {"threshold": SLOW_QUERIES}} if slow else {}
    default = {"default_pipeline": search_pipeline.physical_id} if search_pipeline else {}
    return {**logged, **default} or None


class VectorIndex(MlResource):
    """An HNSW index of the `engine` faiss or lucene; a collection of the generation NEXTGEN takes none (None).

    `quantization` compresses its vectors, see `vector_field`; `sparse_field` is the field for weights of words, if any.

    With a `model` the deploy checks with the probe of its `provider` that its vectors have `dimension` numbers. A
    `pipeline` embeds arriving documents, a `search_pipeline` embeds questions. A collection has none of them, and
    chooses `shards` and `replicas` itself (None); there each passage has the version of its document. With a `pipeline`
    slow searches and writes are logged, where the domain publishes its slow logs. With
    `removal_policy` RETAIN the documents outlive the stack.

    With a `pipeline` the words of title and text are also in the field `osml.words`, stemmed for `language`.

    Only osml's own fields and the declared `fields` (name to keyword, number, date or boolean) have a type. The
    `pipeline`, which needs the same `fields`, makes the others searchable.

    With an `index_version` the index is `<name>-<index_version>` and `name` an alias. Another index version is another
    index: it takes over all documents, embedded anew by its `pipeline`, and then the alias, while people write and ask.

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
        # In one field, so that a word counts the same in either, and a rare one of the title is not counted twice.
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
