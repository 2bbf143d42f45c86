"""KnowledgeStack: all objects in the engine, from the connectors to the index."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from opensearch_ml.engine.keeper import Ending, Keeper
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.providers.provider import Provider
from opensearch_ml.resources.index_version import index_version
from opensearch_ml.resources.ml_connector import MlConnector
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_model_group import MlModelGroup
from opensearch_ml.resources.vector_index import FIELDS_VERSION, HNSW
from settings import Environment
from settings.adopted import Adopted, AdoptedModel
from settings.ending import endings
from settings.environment import backup_name_of
from settings.outputs import KnowledgeOutputs
from settings.search import Cluster
from stacks.connector_access import ConnectorAccess
from stacks.domain_access import grant_access
from stacks.environment_stack import EnvironmentStack
from stacks.inference import InferenceStack
from stacks.passage_index import PassageIndex
from stacks.search import SearchStack

# The parts that are deployed after this one and have objects in the engine.
LATER = ("assistant", "ingestion")


class KnowledgeStack(EnvironmentStack):
    """Access, models, pipelines and one index on the engine of `search`, with the providers of `inference`.

    Without an answer model there is only search. A rerank model sorts results again, and a sparse model weighs words.

    The embedding model, its pipelines and the index have the index version in their names (docs/decisions/0013).
    `search_pipeline` is the name of the pipeline that answers, None without an answer model.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        engine: Cluster,
        *,
        search: SearchStack,
        inference: InferenceStack,
    ) -> None:
        super().__init__(scope, environment, "knowledge", "Connectors, models, pipelines and index")
        embedding, answer, sparse = inference.embedding, inference.answer, inference.sparse
        self._environment, self._settings = environment, engine
        self._search = search
        wanted = {"Embedding": embedding, "Answer": answer, "Rerank": inference.rerank, "Sparse": sparse}
        self._index_version = self._index_version_of(embedding, sparse)
        self._adopted = (environment.adopted or Adopted()).of_version(self._index_version)
        kept = {"Embedding": self._adopted.embedding, "Answer": self._adopted.answer}
        providers = {f"{id}Role": value for id, value in wanted.items() if value and not kept.get(id)}
        self._connector_access = ConnectorAccess(
            self, engine=search.engine, provisioner=search.provisioner, providers=providers
        )
        self._target = search.target(self.region, self._connector_access.after)
        trusted = [pattern for provider in providers.values() for pattern in provider.trusted]
        self._access = grant_access(self, environment, search, self._target, trusted)
        embedding_model = self._model("Embedding", embedding, self._index_version, kept["Embedding"])
        models = {"Embedding": embedding_model}
        for id, value in wanted.items():
            if value and id != "Embedding":
                models[id] = self._model(id, value, self._index_version if value is sparse else None, kept.get(id))
        answer_model = models.get("Answer")
        for id, model in models.items():
            # CloudFormation thus removes all models before any connector. If the ids of two connectors share a token,
            # ml-commons 3.4 may find the other connector's model and refuse the delete (docs/decisions/0006).
            connectors = [self.node.try_find_child(f"{other}Connector") for other in models if other != id]
            model.node.add_dependency(*filter(None, connectors))
        passages = PassageIndex(
            self, environment, engine, target=self._target, version=self._index_version, adopted=self._adopted
        )
        finds = passages.search_pipeline(embedding_model, models.get("Rerank"), models.get("Sparse"))
        answers = passages.answer_pipeline(answer_model) if answer_model else None
        index = passages.index(embedding_model, embedding, finds, models.get("Sparse"))
        self.search_pipeline = passages.answer_pipeline_name if answers else None
        index_names, waits, login = environment.index, environment.timeouts.waits, search.engine.login
        answered: dict[str, Any] = {}
        if answer and answer_model:
            answered = {
                "answer_model_id": answer_model.physical_id,
                "llm_model": answer.llm_model or "",
                "llm_response_field": answer.llm_response_field,
                "rag_seconds": waits["rag"],
                "client_seconds": waits["client"],
                "answer_start_seconds": environment.answer.told_start_seconds if environment.answer else None,
            }
        self.outputs(
            KnowledgeOutputs(
                endpoint=search.engine.endpoint,
                index=index_names.name,
                index_version=index.physical_id,
                retrieval=environment.retrieval,
                search_pipeline=(answers or finds).physical_id,
                embedding_model_id=embedding_model.physical_id,
                operator_role_arn=search.operator.arn,
                text_field=index_names.text_field,
                embedding_field=index_names.embedding_field,
                fields=dict(index_names.fields),
                embedding_start_seconds=environment.embedding.told_start_seconds,
                login_secret_arn=login.arn if login else None,
                username_key=login.keys["username"] if login else None,
                password_key=login.keys["password"] if login else None,
                **answered,
            )
        )
        if environment.keeper:
            keeper = Keeper(
                self,
                "Keeper",
                environment=environment.name,
                provisioner=search.provisioner,
                secrets=self._connector_access.secrets,
                unasked=[
                    model
                    for model, is_unasked in (
                        (answer_model, environment.answer_unasked),
                        (embedding_model, environment.embedding.stops),
                    )
                    if model and is_unasked
                ],
                endings=[
                    Ending(ending.setting, ending.sentence, ending.end.told_from) for ending in endings(environment)
                ],
                later=[f"{environment.prefix}-{part}" for part in environment.parts if part in LATER],
                backup=self._backup(),
                interval=cdk.Duration.minutes(environment.keeper.minutes),
                log_retention=RETENTION[engine.log_retention],
                removal_policy=self.removal,
                network=search.network,
            )
            if environment.backup:
                self.output("KeeperFunctionName", keeper.function.function_name)
        else:
            # The parameters have the same ids as with a keeper, so a keeper that is added later takes them over.
            self.write_specifications("Keeper")

    def _backup(self) -> dict[str, Any] | None:
        """The keeper's settings for snapshots: when it takes them, and from which environments it may restore."""
        environment, backup, kept = self._environment, self._environment.backup, self._search.backups
        if backup is None or kept is None:
            return None
        return {
            "environment": environment.name,
            "repository": environment.prefix,
            "hours": backup.hours,
            "keep_days": backup.keep_days,
            "places": {name: kept.place(backup_name_of(name)) for name in [environment.name, *backup.restores]},
        }

    def _index_version_of(self, embedding: Provider, sparse: Provider | None) -> str:
        """The index version, which changes with every value that an index cannot change in place."""
        index, chosen = self._environment.index, self._environment.embedding
        quantization = self._environment.retrieval.quantization
        return index_version(
            embedding.vectors,
            dimension=chosen.dimension,
            method={"name": "hnsw", "engine": self._settings.vector_engine, "parameters": HNSW},
            space_type=index.space_type,
            text_field=index.text_field,
            embedding_field=index.embedding_field,
            shards=index.shards,
            language=index.language,
            fields={"version": FIELDS_VERSION, **index.fields},
            **({"quantization": quantization} if quantization != "none" else {}),
            **({"sparse": dict(sparse.vectors)} if sparse else {}),
        )

    def _model(self, id: str, provider: Provider, generation: str | None, kept: AdoptedModel | None) -> MlModel:
        name, target = f"{self._environment.prefix}-{id.lower()}", self._target
        group = MlModelGroup(
            self, f"{id}Group", target=target, name=kept.group if kept else name, adopted=kept is not None
        )
        group.node.add_dependency(*self._access)
        connector: MlConnector | str
        if kept:
            connector = kept.connector
        else:
            role = self._connector_access.of(provider)
            connector = MlConnector(self, f"{id}Connector", target=target, name=name, provider=provider, role=role)
            connector.node.add_dependency(*self._access)
        return MlModel(
            self,
            f"{id}Model",
            target=target,
            name=kept.model if kept else name,
            group=group,
            connector=connector,
            probe={"parameters": kept.probe} if kept else provider.probe,
            generation=generation,
            adopted=kept is not None,
        )
