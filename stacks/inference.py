"""InferenceStack: the models' side of a recipe, as far as it is in this account."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.deepseek_chat import deepseek_chat
from opensearch_ml.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.provider import Provider
from opensearch_ml.sagemaker_embedding import sagemaker_embedding
from osml.environment import Environment
from stacks.environment_stack import EnvironmentStack


class InferenceStack(EnvironmentStack):
    """The providers `embedding` and `answer`, with the endpoint and the secret behind them."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment, "inference", "Embedding endpoint and the answer model's secret")
        self.embedding = self._embedding(environment)
        self.answer = self._answer(environment)

    def _embedding(self, environment: Environment) -> Provider:
        settings = environment.embedding
        endpoint = EmbeddingEndpoint(self, "Embedding", name=environment.endpoint_name)
        if settings.creates_endpoint:
            endpoint.create(
                model=settings.model,
                instance_type=settings.instance_type,
                instances=settings.instances,
                batch_size=environment.index.batch_size,
                image=settings.image,
            )
        # CloudFormation takes no stack without resources, and endpoint and secret may both exist already.
        ssm.StringParameter(
            self,
            "EmbeddingEndpointName",
            parameter_name=f"/osml/{environment.name}/embedding-endpoint",
            description="Name of the endpoint that embeds for this environment",
            string_value=endpoint.name,
        )
        return sagemaker_embedding(
            endpoint,
            shape=settings.shape,
            connect_seconds=environment.timeouts.connection,
            read_seconds=environment.timeouts.embedding,
        )

    def _answer(self, environment: Environment) -> Provider:
        settings = environment.answer
        secret = AnswerSecret(
            self,
            "Answer",
            name=settings.secret.name,
            key=settings.secret.key,
            create=settings.secret.create,
            existing_arn=settings.secret.arn,
            removal_policy=self.removal,
        )
        self.output("SecretName", secret.name)
        self.output("SecretArn", secret.arn)
        return deepseek_chat(
            secret,
            model=settings.model,
            host=settings.endpoint,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            connect_seconds=environment.timeouts.connection,
            read_seconds=environment.timeouts.answer,
        )
