"""InferenceStack: the providers of the models, and those of their endpoints and secrets that are in this account."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from opensearch_ml.providers.answer_endpoint import AnswerEndpoint
from opensearch_ml.providers.bedrock_rerank import bedrock_rerank
from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.sagemaker_sparse import sagemaker_sparse
from settings import Environment
from settings.answer import AnswerModel
from settings.answer.sagemaker import SageMakerAnswer
from settings.embedding.sagemaker import SageMakerEmbedding
from stacks.environment_stack import EnvironmentStack
from stacks.model_provider import answer_endpoint, embedding_endpoint, model_provider, model_secret


class InferenceStack(EnvironmentStack):
    """The providers `embedding`, `answer`, `rerank` and `sparse`, with the endpoint and the secret behind them."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment, "inference", "Embedding endpoint and the answer model's secret")
        self.embedding_endpoint: EmbeddingEndpoint | None = None
        self.embedding = self._embedding(environment)
        self.answer = None if environment.answer is None else self._answer(environment, environment.answer)
        models = environment.assistant.models if environment.assistant else {}
        # The models that readers may choose instead of `answer`.
        self.models = [self._chosen(environment, name, model) for name, model in models.items()]
        self.rerank = self._rerank(environment)
        self.sparse = self._sparse(environment)

    def _embedding(self, environment: Environment) -> Provider:
        settings = environment.embedding
        # CloudFormation refuses a stack without resources, and a model may need none.
        ssm.StringParameter(
            self,
            "EmbeddingModelName",
            parameter_name=f"/osml/{environment.name}/embedding-model",
            description="Provider and model that embed for this environment",
            string_value=f"{settings.provider}/{settings.model}",
        )
        if isinstance(settings, SageMakerEmbedding):
            self.embedding_endpoint = embedding_endpoint(self, environment, settings)
        return model_provider(
            settings,
            environment,
            secret=model_secret(self, "EmbeddingKey", settings.key, self.removal) if settings.key else None,
            endpoint=self.embedding_endpoint,
            seconds=environment.timeouts.embedding,
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

    def _answer(self, environment: Environment, settings: AnswerModel) -> Provider:
        secret = model_secret(self, "Answer", settings.key, self.removal) if settings.key else None
        if secret is not None:
            self.output("SecretName", secret.name)
            self.output("SecretArn", secret.arn)
        endpoint = answer_endpoint(self, environment, settings) if isinstance(settings, SageMakerAnswer) else None
        return self._answering(environment, settings, secret, endpoint)

    def _chosen(self, environment: Environment, name: str, settings: AnswerModel) -> Provider:
        endpoint = None
        if isinstance(settings, SageMakerAnswer):
            id = f"Model-{name}"
            endpoint = AnswerEndpoint(
                self, id, name=settings.endpoint, region=settings.region, component=settings.component
            )
        secret = model_secret(self, f"Key-{name}", settings.key, self.removal) if settings.key else None
        return self._answering(environment, settings, secret, endpoint)

    @staticmethod
    def _answering(
        environment: Environment, settings: AnswerModel, secret: ModelSecret | None, endpoint: AnswerEndpoint | None
    ) -> Provider:
        return model_provider(
            settings,
            environment,
            secret=secret,
            endpoint=endpoint,
            seconds=environment.timeouts.answer,
        )
