"""CollectionKnowledgeStack: what lives on a collection, which is the index and nothing else."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.resources.vector_index import VectorIndex
from settings import Environment
from settings.outputs import CollectionOutputs
from settings.serverless import Serverless
from stacks.environment_stack import EnvironmentStack
from stacks.search import SearchStack


class CollectionKnowledgeStack(EnvironmentStack):
    """The index. A collection has no models: the assistant embeds and asks by itself."""

    def __init__(self, scope: Construct, environment: Environment, *, search: SearchStack) -> None:
        super().__init__(scope, environment, "knowledge", "Index")
        settings, collection = environment.index, environment.search
        assert isinstance(collection, Serverless)  # noqa: S101 for the type checker
        index = VectorIndex(
            self,
            "Index",
            target=search.target(self.region, ()),
            name=settings.name,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            dimension=environment.embedding.dimension,
            engine=None if collection.generation == "nextgen" else collection.vector_engine,
            space_type=settings.space_type,
            shards=None,
            replicas=None,
            removal_policy=self.removal,
        )
        self.outputs(
            CollectionOutputs(
                endpoint=search.engine.endpoint,
                index=index.physical_id,
                operator_role_arn=search.operator.arn,
                text_field=settings.text_field,
                embedding_field=settings.embedding_field,
            )
        )
