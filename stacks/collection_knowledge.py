"""CollectionKnowledgeStack: the index on a collection, which contains no other objects."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.adopted_index import AdoptedIndex
from opensearch_ml.resources.ml_resource import MlResource
from opensearch_ml.resources.vector_index import VectorIndex
from settings import Environment
from settings.index import IndexSettings
from settings.outputs import CollectionOutputs
from settings.serverless import Serverless
from stacks.environment_stack import EnvironmentStack
from stacks.search import SearchStack


class CollectionKnowledgeStack(EnvironmentStack):
    """The index. A collection has no models, so the assistant itself embeds texts and calls the answer model."""

    def __init__(self, scope: Construct, environment: Environment, *, search: SearchStack) -> None:
        super().__init__(scope, environment, "knowledge", "Index")
        settings, collection = environment.index, environment.search
        assert isinstance(collection, Serverless)  # noqa: S101 for the type checker
        target = search.target(self.region, ())
        adopted = environment.adopted.index if environment.adopted else None
        index: MlResource
        if adopted:
            index = AdoptedIndex(self, "Index", target=target, name=adopted, id_field=settings.id_field)
        else:
            index = _new_index(self, target, settings, collection, environment.embedding.dimension)
        self.outputs(
            CollectionOutputs(
                endpoint=search.engine.endpoint,
                index=index.physical_id,
                operator_role_arn=search.operator.arn,
                text_field=settings.text_field,
                embedding_field=settings.embedding_field,
            )
        )


def _new_index(
    stack: EnvironmentStack, target: Target, settings: IndexSettings, collection: Serverless, dimension: int
) -> VectorIndex:
    return VectorIndex(
        stack,
        "Index",
        target=target,
        name=settings.name,
        text_field=settings.text_field,
        embedding_field=settings.embedding_field,
        dimension=dimension,
        engine=None if collection.generation == "nextgen" else collection.vector_engine,
        space_type=settings.space_type,
        shards=None,
        replicas=None,
        removal_policy=stack.removal,
    )
