"""VectorIndex: an index whose documents are embedded as they arrive."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.ingest_pipeline import IngestPipeline
from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.provider import Provider
from opensearch_ml.target import Target

HNSW = {"m": 16, "ef_construction": 100}


class VectorIndex(MlResource):
    """An HNSW index of the `engine` faiss or lucene. Deploying it checks that `model` makes `dimension` numbers.

    With `removal_policy` RETAIN the documents outlive the stack.

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
        text_field: str = "text",
        embedding_field: str = "embedding",
        dimension: int,
        engine: str = "faiss",
        space_type: str = "cosinesimil",
        shards: int = 1,
        replicas: int = 0,
        pipeline: IngestPipeline,
        model: MlModel,
        provider: Provider,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        method = {"name": "hnsw", "engine": engine, "space_type": space_type, "parameters": HNSW}
        body = {
            "settings": {
                "index": {
                    "knn": True,
                    "default_pipeline": pipeline.physical_id,
                    "number_of_shards": shards,
                    "number_of_replicas": replicas,
                }
            },
            "mappings": {
                "properties": {
                    "id": {"type": "keyword"},
                    "title": {"type": "text"},
                    text_field: {"type": "text"},
                    embedding_field: {"type": "knn_vector", "dimension": dimension, "method": method},
                }
            },
        }
        embedding = {"model_id": model.physical_id, "field": embedding_field, "probe": provider.probe}
        super().__init__(
            scope,
            id,
            target=target,
            kind="Index",
            spec={"name": name, "body": body, "embedding": embedding},
            removal_policy=removal_policy,
        )
