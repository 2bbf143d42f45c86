"""KnowledgeStack: everything that lives on the domain, from the connectors to the index."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from opensearch_ml.engine.keeper import Ending, Keeper
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.providers.provider import Provider
from opensearch_ml.resources.adopted_index import AdoptedIndex
from opensearch_ml.resources.audit_log import AuditLog
from opensearch_ml.resources.feedback_index import FEEDBACK
from opensearch_ml.resources.index_version import index_version
from opensearch_ml.resources.ingest_pipeline import IngestPipeline
from opensearch_ml.resources.ml_connector import MlConnector
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_model_group import MlModelGroup
from opensearch_ml.resources.role_mapping import RoleMapping
from opensearch_ml.resources.search_pipeline import Mixture, SearchPipeline
from opensearch_ml.resources.security_role import SecurityRole
from opensearch_ml.resources.trusted_endpoints import TrustedEndpoints
from opensearch_ml.resources.vector_index import FIELDS_VERSION, HNSW, VectorIndex
from settings import Environment
from settings.adopted import Adopted, AdoptedModel
from settings.ending import endings
from settings.environment import backup_name_of
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain
from settings.outputs import KnowledgeOutputs
from settings.retrieval import SPARSE_FIELD
from settings.search import Cluster
from settings.since import SINCE
from stacks.connector_access import ConnectorAccess
from stacks.environment_stack import EnvironmentStack
from stacks.index_names import physical_indexes
from stacks.inference import InferenceStack
from stacks.search import SearchStack

# The parts that build on this one and have objects in the engine.
LATER = ("assistant", "ingestion")


class KnowledgeStack(EnvironmentStack):
    """Access, models, pipelines and one index on the engine of `search`, with the providers of `inference`.

    Without an answer model, only search is there. A rerank model sorts results again, a sparse model weighs words.

    The embedding model, its pipelines and the index have the index version in their names (docs/decisions/0013).
    `search_pipeline` is the name of the pipeline that answers, None without an answer.
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
        self._access = self._grant_access([pattern for provider in providers.values() for pattern in provider.trusted])
        embedding_model = self._model("Embedding", embedding, self._index_version, kept["Embedding"])
        models = {"Embedding": embedding_model}
        for id, value in wanted.items():
            if value and id != "Embedding":
                models[id] = self._model(id, value, self._index_version if value is sparse else None, kept.get(id))
        answer_model = models.get("Answer")
        for id, model in models.items():
            # So all models go before any connector: ml-commons 3.4 may take another connector's model for a user of
            # this one, when their ids share a token, and refuse the delete (docs/decisions/0006).
            connectors = [self.node.try_find_child(f"{other}Connector") for other in models if other != id]
            model.node.add_dependency(*filter(None, connectors))
        finds = self._search_pipeline(embedding_model, models.get("Rerank"), models.get("Sparse"))
        answers = self._answer_pipeline(answer_model) if answer_model else None
        index = self._index(embedding_model, embedding, finds, models.get("Sparse"))
        self.search_pipeline = self._answer_pipeline_name if answers else None
        index_names, waits, login = environment.index, environment.timeouts.waits, search.engine.login
        answered: dict[str, Any] = {}
        if answer and answer_model:
            answered = {
                "answer_model_id": answer_model.physical_id,
                "llm_model": answer.llm_model or "",
                "llm_response_field": answer.llm_response_field,
                "rag_seconds": waits["rag"],
                "client_seconds": waits["client"],
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
                unasked=[answer_model] if answer_model and environment.answer_unasked else [],
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
            # As the keeper would name them: switched on later, it takes over the same parameters.
            self.write_specifications("Keeper")

    def _backup(self) -> dict[str, Any] | None:
        """What the keeper takes snapshots by, and whose it may bring back."""
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

    def _grant_access(self, trusted_endpoints: list[str]) -> list[Construct]:
        """Who may do what on the domain, and where its connectors may go.

        The provisioner gets all_access: on an existing domain it is not the master user, and on its own somebody may
        take the master user out of the list, which the other role of a master user lets it put back. The operator gets
        a role of its own. An engine of one's own knows no IAM roles.
        """
        search, provisioner = self._settings, self._search.provisioner.role.role_arn
        mappings: list[tuple[str, str, list[str]]] = []
        if isinstance(search, NewDomain | ExistingDomain):
            self._grant_operator()
            # Another logical id than that of earlier versions, whose list held the operator: it goes at the end of an
            # update, and no rollback asks the provisioner for what it refuses.
            mappings = [
                ("MlFullAccess", "ml_full_access", [provisioner, *search.admins]),
                ("Administrators", "all_access", [provisioner, *search.admins]),
                ("SecurityManager", "security_manager", search.admins),
            ]
        access: list[Construct] = [
            RoleMapping(self, f"Map{id}", target=self._target, role=role, backend_roles=backend_roles)
            for id, role, backend_roles in mappings
            if backend_roles
        ]
        if trusted_endpoints:
            trusted = TrustedEndpoints(self, "TrustedEndpoints", target=self._target, patterns=trusted_endpoints)
            trusted.node.add_dependency(*access)
            access.append(trusted)
        if isinstance(search, NewDomain) and search.audit_log:
            audit = AuditLog(self, "AuditLog", target=self._target, removal_policy=self.removal)
            audit.node.add_dependency(*access)
        return access

    def _grant_operator(self) -> None:
        operator, index = self._search.operator, self._environment.index.name
        assistant = self._environment.assistant
        role = SecurityRole(
            self,
            "OperatorRights",
            target=self._target,
            name=f"{self._environment.prefix}-operator",
            description="What operators may do",
            cluster=operator.CLUSTER,
            index=operator.INDEX,
            indexes=[index, *physical_indexes(self._environment)],
            everywhere=operator.EVERYWHERE,
            more={FEEDBACK.format(index=index): operator.FEEDBACK} if assistant and assistant.feedback else None,
        )
        mapping = RoleMapping(self, "MapOperator", target=self._target, role=role.name, backend_roles=[operator.arn])
        mapping.node.add_dependency(role)

    def _index_version_of(self, embedding: Provider, sparse: Provider | None) -> str:
        """Changes with all that an index cannot change in place."""
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

    def _index(
        self, model: MlModel, provider: Provider, search_pipeline: SearchPipeline, sparse_model: MlModel | None
    ) -> VectorIndex | AdoptedIndex:
        settings, adopted = self._environment.index, self._adopted
        pipeline = IngestPipeline(
            self,
            "IngestPipeline",
            target=self._target,
            name=adopted.ingest_pipeline or f"{settings.name}-embedding-{self._index_version}",
            model=model,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            batch_size=settings.batch_size if self._settings.engine_number >= SINCE["batch_size"] else None,
            sparse_model=sparse_model,
            sparse_field=SPARSE_FIELD,
            fields=settings.fields,
            adopted=adopted.ingest_pipeline is not None,
        )
        if adopted.index:
            return AdoptedIndex(
                self,
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
            self,
            "Index",
            target=self._target,
            name=settings.name,
            index_version=self._index_version,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            dimension=self._environment.embedding.dimension,
            engine=self._settings.vector_engine,
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
            removal_policy=self.removal,
        )

    def _search_pipeline(
        self, embedding_model: MlModel, rerank_model: MlModel | None, sparse_model: MlModel | None
    ) -> SearchPipeline:
        settings, hybrid = self._environment.index, self._environment.retrieval.hybrid
        mixture = None
        if hybrid:
            weights = (hybrid.words, round(1 - hybrid.words, 6))
            mixture = Mixture(weights, hybrid.normalization, hybrid.combination)
        return SearchPipeline(
            self,
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
    def _answer_pipeline_name(self) -> str:
        return self._adopted.answer_pipeline or f"{self._environment.index.name}-answer"

    def _answer_pipeline(self, answer_model: MlModel) -> SearchPipeline:
        """Without the embedding model, so that it outlives index versions: it is given passages by their ids."""
        settings, prompt = self._environment.index, self._environment.prompt
        return SearchPipeline(
            self,
            "AnswerPipeline",
            target=self._target,
            name=self._answer_pipeline_name,
            answer_model=answer_model,
            text_field=settings.text_field,
            system_prompt=prompt.system,
            user_instructions=prompt.instructions,
            adopted=self._adopted.answer_pipeline is not None,
        )
