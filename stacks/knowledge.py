"""KnowledgeStack: everything that lives on the domain, from the connectors to the index."""

from __future__ import annotations

import json

import aws_cdk as cdk
from constructs import Construct

from opensearch_ml.generation import generation
from opensearch_ml.ingest_pipeline import IngestPipeline
from opensearch_ml.keeper import Keeper
from opensearch_ml.log_retention import RETENTION
from opensearch_ml.ml_connector import MlConnector
from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_model_group import MlModelGroup
from opensearch_ml.provider import Provider
from opensearch_ml.role_mapping import RoleMapping
from opensearch_ml.search_pipeline import Mixture, SearchPipeline
from opensearch_ml.trusted_endpoints import TrustedEndpoints
from opensearch_ml.vector_index import HNSW, VectorIndex
from osml.environment import Environment
from osml.environment.existing_domain import ExistingDomain
from osml.environment.new_domain import NewDomain
from osml.environment.retrieval import SPARSE_FIELD
from osml.environment.search import BATCHES, Engine
from stacks.connector_access import ConnectorAccess
from stacks.environment_stack import EnvironmentStack
from stacks.search import SearchStack


class KnowledgeStack(EnvironmentStack):
    """Access, models, pipelines and one index on the engine of `search`; without `answer` the hits are all.

    With `rerank` its model orders them anew, with `sparse` another weighs words.

    What embeds, and what it has embedded, bears the name of its generation (docs/decisions/0013); nobody outside needs
    to know it. `search_pipeline` is the name of the one that answers, None without `answer`.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        search: SearchStack,
        embedding: Provider,
        answer: Provider | None,
        rerank: Provider | None = None,
        sparse: Provider | None = None,
    ) -> None:
        super().__init__(scope, environment, "knowledge", "Connectors, models, pipelines and index")
        engine = environment.search
        assert isinstance(engine, Engine)  # noqa: S101 for the type checker: a collection has a stack of its own
        self._environment, self._settings = environment, engine
        self._search = search
        wanted = {"Embedding": embedding, "Answer": answer, "Rerank": rerank, "Sparse": sparse}
        providers = {f"{id}Role": one for id, one in wanted.items() if one}
        self._connector_access = ConnectorAccess(
            self, engine=search.engine, provisioner=search.provisioner, providers=providers
        )
        self._target = search.target(self.region, self._connector_access.after)
        self._access = self._grant_access([pattern for one in providers.values() for pattern in one.trusted_endpoints])
        self._generation = self._generation_of(embedding, sparse)
        embedding_model = self._model("Embedding", embedding, self._generation)
        models = {"Embedding": embedding_model}
        for id, one in wanted.items():
            if one and id != "Embedding":
                models[id] = self._model(id, one, self._generation if one is sparse else None)
        answer_model = models.get("Answer")
        for id, model in models.items():
            # So all models go before any connector: ml-commons 3.4 may take another connector's model for a user of
            # this one, when their ids share a token, and refuse the delete (docs/decisions/0006).
            model.node.add_dependency(*(self.node.find_child(f"{other}Connector") for other in models if other != id))
        finds = self._search_pipeline(embedding_model, models.get("Rerank"), models.get("Sparse"))
        answers = self._answer_pipeline(answer_model) if answer_model else None
        index = self._index(embedding_model, embedding, finds, models.get("Sparse"))
        self.search_pipeline = f"{environment.index.name}-answer" if answers else None
        self.output("DomainEndpoint", search.engine.endpoint)
        self.output("IndexName", environment.index.name)
        self.output("IndexGeneration", index.physical_id)
        asked = environment.retrieval.asked
        if asked:
            self.output("Retrieval", json.dumps(asked))
        self.output("SearchPipelineName", (answers or finds).physical_id)
        self.output("EmbeddingModelId", embedding_model.physical_id)
        if answer and answer_model:
            self.output("AnswerModelId", answer_model.physical_id)
            self.output("LlmModel", answer.llm_model or "")
            if answer.llm_response_field:
                self.output("LlmResponseField", answer.llm_response_field)
            self.output("RagSeconds", str(environment.timeouts.waits["rag"]))
            self.output("ClientSeconds", str(environment.timeouts.waits["client"]))
        self.output("OperatorRoleArn", search.operator.arn)
        self.output("TextField", environment.index.text_field)
        self.output("EmbeddingField", environment.index.embedding_field)
        if search.engine.login:
            self.output("LoginSecretArn", search.engine.login.arn)
            self.output("UsernameKey", search.engine.login.keys["username"])
            self.output("PasswordKey", search.engine.login.keys["password"])
        if environment.keeper:
            Keeper(
                self,
                "Keeper",
                environment=environment.name,
                provisioner=search.provisioner,
                secrets=self._connector_access.secrets,
                unasked=[answer_model] if answer_model and environment.answer_sleeps else [],
                interval=cdk.Duration.minutes(environment.keeper.minutes),
                log_retention=RETENTION[engine.log_retention],
                removal_policy=self.removal,
                network=search.network,
            )

    def _grant_access(self, trusted_endpoints: list[str]) -> list[Construct]:
        """Who may do what on the domain, and where its connectors may go.

        Of the roles a managed domain has from the start, all_access is the only one that may write to an
        index: the operator gets it, and IAM keeps the operator from the security API. On an existing domain the
        provisioner gets it too: it is not the master user there. An engine of one's own knows no IAM roles.
        """
        search, provisioner = self._settings, self._search.provisioner.role.role_arn
        mappings: dict[str, list[str]] = {}
        if isinstance(search, NewDomain | ExistingDomain):
            guest = [provisioner] if isinstance(search, ExistingDomain) else []
            mappings = {
                "ml_full_access": [provisioner, *search.admins],
                "all_access": [self._search.operator.arn, *guest, *search.admins],
                "security_manager": search.admins,
            }
        access: list[Construct] = [
            RoleMapping(self, f"Map{_camel(role)}", target=self._target, role=role, backend_roles=backend_roles)
            for role, backend_roles in mappings.items()
            if backend_roles
        ]
        if trusted_endpoints:
            access.append(TrustedEndpoints(self, "TrustedEndpoints", target=self._target, patterns=trusted_endpoints))
        return access

    def _generation_of(self, embedding: Provider, sparse: Provider | None) -> str:
        """Changes with all that an index cannot change in place."""
        index, chosen = self._environment.index, self._environment.embedding
        quantization = self._environment.retrieval.quantization
        return generation(
            embedding.vectors,
            dimension=chosen.dimension,
            method={"name": "hnsw", "engine": self._settings.vector_engine, "parameters": HNSW},
            space_type=index.space_type,
            text_field=index.text_field,
            embedding_field=index.embedding_field,
            shards=index.shards,
            **({"quantization": quantization} if quantization != "none" else {}),
            **({"sparse": dict(sparse.vectors)} if sparse else {}),
        )

    def _model(self, id: str, provider: Provider, generation: str | None = None) -> MlModel:
        name = f"{self._environment.prefix}-{id.lower()}"
        role = self._connector_access.of(provider)
        connector = MlConnector(self, f"{id}Connector", target=self._target, name=name, provider=provider, role=role)
        group = MlModelGroup(self, f"{id}Group", target=self._target, name=name)
        for made_with_ml_access in (connector, group):
            made_with_ml_access.node.add_dependency(*self._access)
        return MlModel(
            self,
            f"{id}Model",
            target=self._target,
            name=name,
            group=group,
            connector=connector,
            probe=provider.probe,
            generation=generation,
        )

    def _index(
        self, model: MlModel, provider: Provider, search_pipeline: SearchPipeline, sparse_model: MlModel | None
    ) -> VectorIndex:
        settings = self._environment.index
        pipeline = IngestPipeline(
            self,
            "IngestPipeline",
            target=self._target,
            name=f"{settings.name}-embedding-{self._generation}",
            model=model,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            batch_size=settings.batch_size if self._settings.engine_number >= BATCHES else None,
            sparse_model=sparse_model,
            sparse_field=SPARSE_FIELD,
        )
        return VectorIndex(
            self,
            "Index",
            target=self._target,
            name=settings.name,
            generation=self._generation,
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
            name=f"{settings.name}-search-{self._generation}",
            embedding_model=embedding_model,
            mixture=mixture,
            rerank_model=rerank_model,
            sparse_model=sparse_model,
            sparse_field=SPARSE_FIELD,
            text_field=settings.text_field,
        )

    def _answer_pipeline(self, answer_model: MlModel) -> SearchPipeline:
        """Without the embedding model, so that it outlives generations: it is given passages by their ids."""
        settings, prompt = self._environment.index, self._environment.prompt
        return SearchPipeline(
            self,
            "AnswerPipeline",
            target=self._target,
            name=f"{settings.name}-answer",
            answer_model=answer_model,
            text_field=settings.text_field,
            system_prompt=prompt.system,
            user_instructions=prompt.instructions,
        )


def _camel(role: str) -> str:
    return "".join(part.title() for part in role.split("_"))
