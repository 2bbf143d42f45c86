"""KnowledgeStack: everything that lives on the domain, from the connectors to the index."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.connector_role import ConnectorRole
from opensearch_ml.ingest_pipeline import IngestPipeline
from opensearch_ml.ml_connector import MlConnector
from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_model_group import MlModelGroup
from opensearch_ml.pass_role import PassRole
from opensearch_ml.provider import Provider
from opensearch_ml.role_mapping import RoleMapping
from opensearch_ml.search_pipeline import SearchPipeline
from opensearch_ml.target import Target
from opensearch_ml.trusted_endpoints import TrustedEndpoints
from opensearch_ml.vector_index import VectorIndex
from osml.environment import Environment
from stacks.environment_stack import EnvironmentStack
from stacks.search import SearchStack


class KnowledgeStack(EnvironmentStack):
    """Access, two models, two pipelines and one index on the domain of `search`."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        search: SearchStack,
        embedding: Provider,
        answer: Provider,
    ) -> None:
        super().__init__(scope, environment, "knowledge", "Connectors, models, pipelines and index")
        self._environment = environment
        self._search = search
        roles = {
            provider.name: ConnectorRole(self, id, domain_arn=search.domain.arn, provider=provider)
            for id, provider in (("EmbeddingRole", embedding), ("AnswerRole", answer))
        }
        pass_role = PassRole(self, "PassRole", provisioner=search.provisioner, roles=list(roles.values()))
        self._target = Target(
            endpoint=search.domain.endpoint,
            region=self.region,
            provisioner=search.provisioner,
            after=(pass_role, *(role.policy for role in roles.values())),
        )
        self._access = self._grant_access([*embedding.trusted_endpoints, *answer.trusted_endpoints])
        embedding_model = self._model("Embedding", embedding, roles[embedding.name])
        answer_model = self._model("Answer", answer, roles[answer.name])
        index = self._index(embedding_model, embedding)
        pipeline = self._search_pipeline(embedding_model, answer_model)
        self.output("DomainEndpoint", search.domain.endpoint)
        self.output("IndexName", index.physical_id)
        self.output("SearchPipelineName", pipeline.physical_id)
        self.output("EmbeddingModelId", embedding_model.physical_id)
        self.output("AnswerModelId", answer_model.physical_id)
        self.output("LlmModel", answer.llm_model or "")
        self.output("OperatorRoleArn", search.operator.arn)
        self.output("TextField", environment.index.text_field)
        self.output("EmbeddingField", environment.index.embedding_field)

    def _grant_access(self, trusted_endpoints: list[str]) -> list[Construct]:
        """Who may do what on the domain, and where its connectors may go.

        Of the roles a managed domain has from the start, all_access is the only one that may write to an
        index: the operator gets it, and IAM keeps the operator from the security API.
        """
        admins = self._environment.search.admins
        mappings = {
            "ml_full_access": [self._search.provisioner.role.role_arn, *admins],
            "all_access": [self._search.operator.arn, *admins],
            "security_manager": admins,
        }
        access: list[Construct] = [
            RoleMapping(self, f"Map{_camel(role)}", target=self._target, role=role, backend_roles=backend_roles)
            for role, backend_roles in mappings.items()
            if backend_roles
        ]
        if trusted_endpoints:
            access.append(TrustedEndpoints(self, "TrustedEndpoints", target=self._target, patterns=trusted_endpoints))
        return access

    def _model(self, id: str, provider: Provider, role: ConnectorRole) -> MlModel:
        name = f"{self._environment.prefix}-{id.lower()}"
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
        )

    def _index(self, model: MlModel, provider: Provider) -> VectorIndex:
        settings = self._environment.index
        pipeline = IngestPipeline(
            self,
            "IngestPipeline",
            target=self._target,
            name=f"{settings.name}-embedding",
            model=model,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            batch_size=settings.batch_size,
        )
        return VectorIndex(
            self,
            "Index",
            target=self._target,
            name=settings.name,
            text_field=settings.text_field,
            embedding_field=settings.embedding_field,
            dimension=self._environment.embedding.dimension,
            engine=self._environment.search.vector_engine,
            space_type=settings.space_type,
            shards=settings.shards,
            replicas=settings.replicas,
            pipeline=pipeline,
            model=model,
            provider=provider,
            removal_policy=self.removal,
        )

    def _search_pipeline(self, embedding_model: MlModel, answer_model: MlModel) -> SearchPipeline:
        return SearchPipeline(
            self,
            "SearchPipeline",
            target=self._target,
            name=f"{self._environment.index.name}-answer",
            embedding_model=embedding_model,
            answer_model=answer_model,
            text_field=self._environment.index.text_field,
            system_prompt=self._environment.prompt.system,
            user_instructions=self._environment.prompt.instructions,
        )


def _camel(role: str) -> str:
    return "".join(part.title() for part in role.split("_"))
