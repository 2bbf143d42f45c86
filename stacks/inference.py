"""InferenceStack: the models' side of a recipe, as far as it is in this account."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.bedrock_rerank import bedrock_rerank
from opensearch_ml.cohere_embedding import cohere_embedding
from opensearch_ml.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.openai_embedding import openai_embedding
from opensearch_ml.provider import Provider
from opensearch_ml.sagemaker_embedding import sagemaker_embedding
from opensearch_ml.sagemaker_sparse import sagemaker_sparse
from opensearch_ml.titan_embedding import titan_embedding
from osml.environment import Environment
from osml.environment.answer import Answer, secret_of
from osml.environment.embedding import CohereEmbedding, OpenAiEmbedding, SageMakerEmbedding, TitanEmbedding
from osml.environment.search import Engine
from stacks.answer import answer_provider, answer_secret
from stacks.environment_stack import EnvironmentStack


class InferenceStack(EnvironmentStack):
    """The providers `embedding`, `answer`, `rerank` and `sparse`, with the endpoint and the secret behind them."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment, "inference", "Embedding endpoint and the answer model's secret")
        self.embedding_endpoint: EmbeddingEndpoint | None = None
        self.embedding = self._embedding(environment)
        self.answer = None if environment.answer is None else self._answer(environment, environment.answer)
        self.rerank = self._rerank(environment)
        self.sparse = self._sparse(environment)

    def _embedding(self, environment: Environment) -> Provider:
        settings, search = environment.embedding, environment.search
        # CloudFormation takes no stack without resources, and a model may bring none.
        ssm.StringParameter(
            self,
            "EmbeddingModelName",
            parameter_name=f"/osml/{environment.name}/embedding-model",
            description="Provider and model that embed for this environment",
            string_value=f"{settings.provider}/{settings.model}",
        )
        match settings:
            case SageMakerEmbedding():
                return self._sagemaker_embedding(environment, settings)
            case OpenAiEmbedding():
                return self._openai_embedding(environment, settings)
            case TitanEmbedding():
                return titan_embedding(
                    model=settings.model,
                    region=settings.region,
                    dimension=settings.dimension,
                    normalize=settings.normalize,
                    painless=isinstance(search, Engine) and settings.scripted(search.engine_number),
                    connect_seconds=environment.timeouts.connection,
                    read_seconds=environment.timeouts.embedding,
                )
            case CohereEmbedding():
                return cohere_embedding(
                    model=settings.model,
                    region=settings.region,
                    truncate=settings.truncate,
                    input_type=settings.input_type,
                    connect_seconds=environment.timeouts.connection,
                    read_seconds=environment.timeouts.embedding,
                )

    def _sagemaker_embedding(self, environment: Environment, settings: SageMakerEmbedding) -> Provider:
        endpoint = EmbeddingEndpoint(self, "Embedding", name=environment.endpoint_name, region=settings.region)
        self.embedding_endpoint = endpoint
        if settings.creates_endpoint:
            endpoint.create(
                model=settings.model,
                instance_type=settings.instance_type,
                instances=settings.instances,
                batch_size=environment.index.batch_size,
                image=settings.image,
            )
        return sagemaker_embedding(
            endpoint,
            model=settings.model,
            shape=settings.shape,
            connect_seconds=environment.timeouts.connection,
            read_seconds=environment.timeouts.embedding,
        )

    def _openai_embedding(self, environment: Environment, settings: OpenAiEmbedding) -> Provider:
        secret = AnswerSecret(
            self,
            "EmbeddingKey",
            name=settings.secret.name,
            key=settings.secret.key,
            create=settings.secret.create,
            existing_arn=settings.secret.arn,
            removal_policy=self.removal,
        )
        return openai_embedding(
            secret,
            model=settings.model,
            host=settings.host,
            path=settings.path,
            dimension=settings.dimension if settings.shortens else None,
            connect_seconds=environment.timeouts.connection,
            read_seconds=environment.timeouts.embedding,
        )

    @staticmethod
    def _rerank(environment: Environment) -> Provider | None:
        wanted = environment.retrieval.rerank
        if wanted is None:
            return None
        return bedrock_rerank(
            model=wanted.model,
            region=wanted.region,
            connect_seconds=environment.timeouts.connection,
            read_seconds=environment.timeouts.embedding,
        )

    def _sparse(self, environment: Environment) -> Provider | None:
        wanted = environment.retrieval.sparse
        if wanted is None:
            return None
        return sagemaker_sparse(
            EmbeddingEndpoint(self, "Sparse", name=wanted.endpoint, region=wanted.region),
            model=wanted.model,
            connect_seconds=environment.timeouts.connection,
            read_seconds=environment.timeouts.embedding,
        )

    def _answer(self, environment: Environment, settings: Answer) -> Provider:
        wanted = secret_of(settings)
        secret = None if wanted is None else answer_secret(self, wanted, self.removal)
        if secret is not None:
            self.output("SecretName", secret.name)
            self.output("SecretArn", secret.arn)
        return answer_provider(self, environment, settings, secret)
