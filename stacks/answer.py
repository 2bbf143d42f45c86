"""The provider that answers, with what it needs in the inference stack: an endpoint or a secret."""

from __future__ import annotations

from typing import TypedDict

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.answer_endpoint import AnswerEndpoint, Scaling
from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.bedrock_converse import bedrock_converse
from opensearch_ml.copies import Schedule
from opensearch_ml.custom_connector import custom_connector
from opensearch_ml.deepseek_bedrock import deepseek_bedrock
from opensearch_ml.deepseek_chat import deepseek_chat
from opensearch_ml.deepseek_sagemaker import deepseek_sagemaker
from opensearch_ml.openai_chat import openai_chat
from opensearch_ml.provider import Provider
from osml.environment import Environment
from osml.environment.answer import Answer
from osml.environment.answer_bedrock import BedrockAnswer, BedrockModel, ConverseAnswer
from osml.environment.answer_chat import DeepSeekAnswer, OpenAiAnswer
from osml.environment.answer_custom import CustomAnswer
from osml.environment.answer_sagemaker import SageMakerAnswer
from osml.environment.secret import Secret


class Waits(TypedDict):
    """How long a call of the model may take, in seconds."""

    connect_seconds: int
    read_seconds: int


def answer_provider(
    scope: Construct, environment: Environment, settings: Answer, secret: AnswerSecret | None
) -> Provider:
    """The provider of `settings`, its resources under `scope`; `secret` holds the key of a provider that has one."""
    waits = Waits(connect_seconds=environment.timeouts.connection, read_seconds=environment.timeouts.answer)
    match settings:
        case DeepSeekAnswer():
            return deepseek_chat(
                _needed(secret),
                model=settings.model,
                host=settings.endpoint,
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
                **waits,
            )
        case OpenAiAnswer():
            return openai_chat(
                _needed(secret),
                model=settings.model,
                host=settings.endpoint,
                path=settings.path,
                temperature=settings.temperature,
                max_tokens=settings.max_tokens,
                token_limit=settings.token_limit,
                **waits,
            )
        case SageMakerAnswer():
            return deepseek_sagemaker(
                _endpoint(scope, environment, settings),
                temperature=settings.temperature,
                top_p=settings.top_p,
                max_tokens=settings.max_tokens,
                **waits,
            )
        case BedrockAnswer():
            return deepseek_bedrock(
                _model(settings),
                imported=settings.imported,
                temperature=settings.temperature,
                top_p=settings.top_p,
                max_tokens=settings.max_tokens,
                **waits,
            )
        case ConverseAnswer():
            return bedrock_converse(
                _model(settings),
                temperature=settings.temperature,
                top_p=settings.top_p,
                max_tokens=settings.max_tokens,
                **waits,
            )
        case CustomAnswer():
            return custom_connector(
                settings.connector,
                url=settings.url,
                secret=secret,
                statements=[(one.actions, one.resources) for one in settings.statements],
                trusted_endpoints=settings.trusted_endpoints,
                llm_model=settings.llm_model,
                llm_response_field=settings.llm_response_field,
                probe=settings.first_call,
                **waits,
            )


def answer_secret(scope: Construct, settings: Secret, removal_policy: RemovalPolicy) -> AnswerSecret:
    """The secret of `settings`, made or found."""
    return AnswerSecret(
        scope,
        "Answer",
        name=settings.name,
        key=settings.key,
        create=settings.create,
        existing_arn=settings.arn,
        removal_policy=removal_policy,
    )


def _needed(secret: AnswerSecret | None) -> AnswerSecret:
    if secret is None:
        raise ValueError("answer.secret is missing; add that group with name.")
    return secret


def _model(settings: BedrockModel) -> BedrockAnswerModel:
    return BedrockAnswerModel(
        settings.model,
        region=settings.model_region(None),
        profile=settings.profile,
        foundation_model=settings.foundation_model,
        destinations=settings.destinations,
    )


def _endpoint(scope: Construct, environment: Environment, settings: SageMakerAnswer) -> AnswerEndpoint:
    endpoint = AnswerEndpoint(
        scope,
        "AnswerModel",
        name=environment.answer_endpoint_name,
        region=settings.region,
        component=settings.component,
    )
    if settings.creates_endpoint:
        endpoint.create(
            model=settings.hub_model,
            container=settings.container,
            image=settings.image,
            model_data=settings.model_data,
            instance_type=settings.machine,
            gpus=settings.accelerators,
            instances=settings.instances,
            health_check_seconds=settings.load_seconds,
            scaling=_scaling(settings),
        )
    return endpoint


def _scaling(settings: SageMakerAnswer) -> Scaling | None:
    wanted = settings.scaling
    if wanted is None:
        return None
    schedule = None
    if wanted.stop is not None and wanted.start is not None:
        schedule = Schedule(wanted.stop, wanted.start, wanted.timezone)
    return Scaling(wanted.minimum, wanted.maximum, wanted.calls_at_once, schedule)
