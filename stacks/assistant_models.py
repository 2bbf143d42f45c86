"""The models that the assistant calls itself, where the engine cannot: what it is told of them, and what it may."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from opensearch_ml.provider import Provider
from osml.environment import Environment
from osml.environment.answer import Answer
from osml.environment.answer_bedrock import BedrockAnswer, BedrockModel, ConverseAnswer
from osml.environment.answer_chat import DeepSeekAnswer, OpenAiAnswer
from osml.environment.answer_custom import CustomAnswer
from osml.environment.answer_sagemaker import SageMakerAnswer
from osml.environment.embedding import (
    TITAN_V2,
    BedrockEmbedding,
    CohereEmbedding,
    OpenAiEmbedding,
    SageMakerEmbedding,
    TitanEmbedding,
)
from osml.environment.secret import Secret

# What DeepSeek advises for R1, where an environment says nothing. https://huggingface.co/deepseek-ai/DeepSeek-R1
TEMPERATURE, TOP_P = 0.6, 0.95
# Actions beside those of a connector, by the action they go with: a connector cannot stream.
STREAMED = {
    "bedrock:InvokeModel": "bedrock:InvokeModelWithResponseStream",
    "sagemaker:InvokeEndpoint": "sagemaker:InvokeEndpointWithResponseStream",
}
NEEDLESS = {"secretsmanager:DescribeSecret"}


def embedding_settings(environment: Environment, provider: Provider) -> dict[str, object]:
    """How the assistant embeds, as it is told; `provider` is that of the inference stack."""
    settings = environment.embedding
    match settings:
        case SageMakerEmbedding():
            return {
                "provider": "sagemaker",
                "endpoint": environment.endpoint_name,
                "region": settings.region,
                "shape": settings.shape,
            }
        case TitanEmbedding():
            newer = settings.model == TITAN_V2
            return {
                "provider": "titan",
                "model": settings.model,
                "region": settings.region,
                "dimension": settings.dimension if newer else None,
                "version": 2 if newer else 1,
            }
        case CohereEmbedding():
            return {"provider": "cohere", "model": settings.model, "region": settings.region}
        case OpenAiEmbedding():
            return {
                "provider": "openai",
                "url": f"https://{settings.host}{settings.path}",
                "model": settings.model,
                "dimension": settings.dimension if settings.shortens else None,
                "secret": _key(provider, settings.secret),
            }


def answer_settings(environment: Environment, settings: Answer, provider: Provider) -> dict[str, object]:
    """How the assistant asks the model of `settings`, as it is told; ValueError for one that only an engine can ask."""
    match settings:
        case DeepSeekAnswer():
            return {
                "provider": "deepseek",
                "url": f"https://{settings.endpoint}/v1/chat/completions",
                "model": settings.model,
                "secret": _key(provider, settings.secret),
                "temperature": settings.temperature,
                "max_tokens": settings.max_tokens,
            }
        case OpenAiAnswer():
            return {
                "provider": "openai",
                "url": f"https://{settings.endpoint}{settings.path}",
                "model": settings.model,
                "secret": _key(provider, settings.secret),
                "temperature": settings.temperature,
                "max_tokens": settings.max_tokens,
                "token_limit": settings.token_limit,
            }
        case SageMakerAnswer():
            return {
                "provider": "sagemaker",
                "endpoint": environment.answer_endpoint_name,
                "region": settings.region,
                "component": settings.component,
                "temperature": settings.temperature,
                "top_p": settings.top_p,
                "max_tokens": settings.max_tokens,
            }
        case BedrockAnswer():
            return {
                "provider": "bedrock",
                "model": settings.model,
                "region": settings.model_region(None),
                "imported": settings.imported,
                "temperature": TEMPERATURE if settings.temperature is None else settings.temperature,
                "top_p": TOP_P if settings.top_p is None else settings.top_p,
                "max_tokens": settings.max_tokens,
            }
        case ConverseAnswer():
            return {
                "provider": "bedrock-converse",
                "model": settings.model,
                "region": settings.model_region(None),
                "temperature": settings.temperature,
                "top_p": settings.top_p,
                "max_tokens": settings.max_tokens,
            }
        case CustomAnswer():
            raise ValueError("answer.provider is 'custom', which only an engine with ml-commons can ask; set another.")


def model_name(settings: Answer) -> str:
    """What people are told has answered."""
    if isinstance(settings, CustomAnswer):
        return settings.llm_model
    if isinstance(settings, SageMakerAnswer):
        return settings.hub_model if settings.creates_endpoint else settings.endpoint
    return settings.model


def model_statements(provider: Provider, *, streamed: bool = False) -> list[iam.PolicyStatement]:
    """What the assistant must be allowed to call the provider and to read its key, also as it writes if `streamed`."""
    statements = []
    for statement in provider.statements:
        actions = [action for action in statement.actions if action not in NEEDLESS]
        actions += [STREAMED[action] for action in actions if streamed and action in STREAMED]
        statements.append(iam.PolicyStatement(actions=actions, resources=statement.resources))
    return statements


def called_models(environment: Environment) -> list[str]:
    """The AWS services behind the models, as VPC endpoints call them."""
    models = (environment.embedding, environment.answer)
    return [
        *(
            ["sagemaker.runtime"]
            if any(isinstance(one, SageMakerEmbedding | SageMakerAnswer) for one in models)
            else []
        ),
        *(["bedrock-runtime"] if any(isinstance(one, BedrockEmbedding | BedrockModel) for one in models) else []),
    ]


def _key(provider: Provider, secret: Secret) -> dict[str, str]:
    return {"arn": provider.credential["secretArn"], "key": secret.key}
