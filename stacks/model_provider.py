"""The provider of a model by its settings, with its endpoint or its key."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.providers.answer_endpoint import AnswerEndpoint
from opensearch_ml.providers.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.model_copies import Scaling, Schedule
from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.provider import Provider
from settings import Environment
from settings.answer.sagemaker import SageMakerAnswer, ScalingSettings
from settings.bedrock_base import BedrockModel
from settings.embedding.sagemaker import LOAD_SECONDS, SageMakerEmbedding
from settings.model_scaling import ModelScaling
from settings.model_settings import ModelSettings
from settings.secret import Secret
from stacks.setting_group import setting_group

Endpoint = AnswerEndpoint | EmbeddingEndpoint


def model_provider(
    settings: ModelSettings,
    environment: Environment,
    *,
    secret: ModelSecret | None,
    endpoint: Endpoint | None,
    seconds: int,
) -> Provider:
    """The provider of `settings`, from the function of the construct library that `settings.made_by` names.

    The function is in a module with the same name. `secret` contains the model's key, if it has one. `endpoint` runs
    the model, if it is on SageMaker. A call may take `seconds`.
    """
    make: Callable[..., Provider] = getattr(
        import_module(f"opensearch_ml.providers.{settings.made_by}"), settings.made_by
    )
    behind = {
        "secret": secret,
        "endpoint": endpoint,
        "model": BedrockAnswerModel(**settings.invoked) if isinstance(settings, BedrockModel) else None,
    }
    given: dict[str, Any] = {name: value for name, value in behind.items() if value is not None}
    waits = {"connect_seconds": environment.timeouts.connection, "read_seconds": seconds}
    return make(**given, **settings.arguments(environment), **waits)


def model_secret(scope: Construct, id: str, settings: Secret, removal_policy: RemovalPolicy) -> ModelSecret:
    """The secret of `settings`, created or existing."""
    return ModelSecret(
        scope,
        id,
        name=settings.name,
        key=settings.key,
        create=settings.create,
        existing_arn=settings.arn,
        removal_policy=removal_policy,
    )


def embedding_endpoint(scope: Construct, environment: Environment, settings: SageMakerEmbedding) -> EmbeddingEndpoint:
    """The endpoint of `settings`, created or existing."""
    endpoint = EmbeddingEndpoint(
        scope, "Embedding", name=environment.endpoint_name, region=settings.region, component=settings.component
    )
    if settings.creates_endpoint:
        with setting_group("embedding"):
            endpoint.create(
                model=settings.model,
                instance_type=settings.instance_type,
                instances=settings.instances,
                batch_size=environment.index.batch_size,
                image=settings.image,
                accelerators=settings.accelerators,
                load_seconds=LOAD_SECONDS,
                scaling=_scaling(settings.scaling, settings.start_seconds),
                revision=settings.commit,
                log_retention=RETENTION[environment.search.log_retention],
            )
    return endpoint


def answer_endpoint(scope: Construct, environment: Environment, settings: SageMakerAnswer) -> AnswerEndpoint:
    """The endpoint of `settings`, created or existing."""
    endpoint = AnswerEndpoint(
        scope,
        "AnswerModel",
        name=environment.answer_endpoint_name,
        region=settings.region,
        component=settings.component,
    )
    if settings.creates_endpoint:
        with setting_group("answer"):
            endpoint.create(
                model=settings.hub_model,
                container=settings.container,
                image=settings.image,
                model_data=settings.model_data,
                instance_type=settings.machine,
                gpus=settings.accelerators,
                instances=settings.instances,
                health_check_seconds=settings.load_seconds,
                scaling=_scaling(settings.scaling, settings.start_seconds),
                revision=settings.commit,
                log_retention=RETENTION[environment.search.log_retention],
            )
    return endpoint


def _scaling(wanted: ModelScaling | None, start_seconds: int) -> Scaling | None:
    if wanted is None:
        return None
    schedule = None
    if isinstance(wanted, ScalingSettings) and wanted.stop is not None and wanted.start is not None:
        schedule = Schedule(wanted.stop, wanted.start, wanted.timezone)
    return Scaling(wanted.minimum, wanted.maximum, wanted.calls_at_once, schedule, start_seconds)
