"""AdoptedIndex: an index that others created, with an alias and the fields of osml."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.field_script import field_mappings
from opensearch_ml.resources.ingest_pipeline import IngestPipeline
from opensearch_ml.resources.ml_resource import MlResource
from opensearch_ml.resources.search_pipeline import SearchPipeline
from opensearch_ml.resources.vector_index import OURS, SLOW_WRITES, VERSION, searched


class AdoptedIndex(MlResource):
    """The existing index `name`, which has the owner mark of this stack, with the alias `alias`.

    Its shards, its vectors and its fields stay as they are; it gets the fields of osml, and the pipelines. When the
    resource is deleted, the index is released with its documents. Without `keeps_search_pipeline` it then has no
    default search pipeline. On a collection there are no pipelines and no alias; `id_field` is then the field with the
    ids of passages.

    Example::

        search = ml.SearchPipeline(stack, "Search", target=target, name="articles", embedding_model=model)
        ml.AdoptedIndex(
            stack, "Index", target=target, name="my-index", alias="articles", pipeline=pipeline, search_pipeline=search
        )
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        alias: str | None = None,
        pipeline: IngestPipeline | None = None,
        search_pipeline: SearchPipeline | None = None,
        keeps_search_pipeline: bool = False,
        language: str = "english",
        fields: Mapping[str, str] | None = None,
        id_field: str = "id",
    ) -> None:
        properties: dict[str, object] = {"document": {"type": "keyword"}}
        body: dict[str, object] = {"mappings": {"properties": properties}}
        spec: dict[str, object] = {"name": name, "body": body}
        if pipeline:
            settings = {
                "default_pipeline": pipeline.physical_id,
                "search": searched(search_pipeline, slow=True),
                "indexing": SLOW_WRITES,
            }
            body["settings"] = {"index": settings}
            properties |= field_mappings(fields or {}, language)
        else:
            properties |= {id_field: {"type": "keyword"}, **VERSION, **OURS}
        if search_pipeline and not keeps_search_pipeline:
            # "_none" means no pipeline; null would do the same, but the CDK leaves it out of JSON.
            spec["restored"] = {"index.search.default_pipeline": "_none"}
        super().__init__(scope, id, target=target, kind="Index", spec=spec, adopted=True)
        if alias:
            MlResource(
                self,
                "Alias",
                target=target,
                kind="Alias",
                spec={"name": alias, "index": self.physical_id},
                removal_policy=RemovalPolicy.DESTROY,
            )
