"""The index of passages, and the pipelines that process documents and questions."""

from __future__ import annotations

from opensearch_ml.engine.target import Target
from opensearch_ml.providers.provider import Provider
from opensearch_ml.resources.adopted_index import AdoptedIndex
from opensearch_ml.resources.ingest_pipeline import IngestPipeline
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.search_pipeline import Mixture, SearchPipeline
from opensearch_ml.resources.vector_index import VectorIndex
from settings import Environment
from settings.adopted import Adopted
from settings.introduced_in import SINCE
from settings.retrieval import SPARSE_FIELD
from settings.search import Cluster
from stacks.environment_stack import EnvironmentStack


class PassageIndex:
    """Creates the index with this `version` and its pipelines in `stack`, or adopts those in `adopted`."""

    def __init__(
        self,
        stack: EnvironmentStack,
        environment: Environment,
        engine: Cluster,
        *,
        target: Target,
        version: str,
        adopted: Adopted,
    ) -> None:
        self._stack, self._environment, self._engine = stack, environment, engine
        self._target, self._index_version, self._adopted = target, version, adopted

    def index(
        self, model: MlModel, provider: Provider, search_pipeline: SearchPipeline, sparse_model: MlModel | None
    ) -> VectorIndex | AdoptedIndex:
        settings, adopted = self._environment.index, self._adopted
        pipeline = IngestPipeline(
            self._stack,
            "IngestPipeline",
            target=self._target,
            name=adopted.ingest_pipeline or f"{settings.name}-embedding-{self._index_version}",
            model=model,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            batch_size=settings.batch_size if self._engine.engine_number >= SINCE["batch_size"] else None,
            sparse_model=sparse_model,
            sparse_field=SPARSE_FIELD,
            fields=settings.fields,
            adopted=adopted.ingest_pipeline is not None,
        )
        if adopted.index:
            return AdoptedIndex(
                self._stack,
                "Index",
                target=self._target,
                name=adopted.index,
                alias=settings.name,
                pipeline=pipeline,
                search_pipeline=search_pipeline,
                keeps_search_pipeline=adopted.search_pipeline is not None,
                language=settings.language,
                fields=settings.fields,
            )
        return VectorIndex(
            self._stack,
            "Index",
            target=self._target,
            name=settings.name,
            index_version=self._index_version,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            dimension=self._environment.embedding.dimension,
            engine=self._engine.vector_engine,
            space_type=settings.space_type,
            quantization=self._environment.retrieval.quantization,
            sparse_field=SPARSE_FIELD if sparse_model else None,
            shards=settings.shards,
            replicas=settings.replicas,
            pipeline=pipeline,
            search_pipeline=search_pipeline,
            model=model,
            provider=provider,
            language=settings.language,
            fields=settings.fields,
            removal_policy=self._stack.removal,
        )

    def search_pipeline(
        self, embedding_model: MlModel, rerank_model: MlModel | None, sparse_model: MlModel | None
    ) -> SearchPipeline:
        settings, hybrid = self._environment.index, self._environment.retrieval.hybrid
        mixture = None
        if hybrid:
            weights = (hybrid.words, round(1 - hybrid.words, 6))
            mixture = Mixture(weights, hybrid.normalization, hybrid.combination)
        return SearchPipeline(
            self._stack,
            "SearchPipeline",
            target=self._target,
            name=self._adopted.search_pipeline or f"{settings.name}-search-{self._index_version}",
            embedding_model=embedding_model,
            mixture=mixture,
            rerank_model=rerank_model,
            sparse_model=sparse_model,
            sparse_field=SPARSE_FIELD,
            text_field=settings.text_field,
            adopted=self._adopted.search_pipeline is not None,
        )

    @property
    def answer_pipeline_name(self) -> str:
        return self._adopted.answer_pipeline or f"{self._environment.index.name}-answer"

    def answer_pipeline(self, answer_model: MlModel) -> SearchPipeline:
        """The pipeline that answers; it finds passages by their ids and needs no embedding model.

        It can therefore stay the same when the index version changes.
        """
        settings, prompt = self._environment.index, self._environment.prompt
        return SearchPipeline(
            self._stack,
            "AnswerPipeline",
            target=self._target,
            name=self.answer_pipeline_name,
            answer_model=answer_model,
            text_field=settings.text_field,
            system_prompt=prompt.system,
            user_instructions=prompt.instructions,
            adopted=self._adopted.answer_pipeline is not None,
        )
