"""What an environment says about the model that answers: one group of settings for each kind of provider."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from osml.environment.answer_bedrock import BedrockAnswer, BedrockModel, ConverseAnswer
from osml.environment.answer_chat import DeepSeekAnswer, OpenAiAnswer
from osml.environment.answer_custom import CustomAnswer
from osml.environment.answer_sagemaker import INVOCATION_SECONDS, SageMakerAnswer
from osml.environment.search import Engine, Search
from osml.environment.secret import Secret

Answer = Annotated[
    DeepSeekAnswer | OpenAiAnswer | SageMakerAnswer | BedrockAnswer | ConverseAnswer | CustomAnswer,
    Field(discriminator="provider"),
]

# The recipe chooses the provider, so that an environment says it once.
PROVIDERS = {
    "deepseek-api": "deepseek",
    "deepseek-sagemaker": "sagemaker",
    "deepseek-bedrock": "bedrock",
    "bedrock-converse": "bedrock-converse",
    "openai-chat": "openai",
    "custom": "custom",
}

# Seconds a model call may take unless `timeouts.answer` says otherwise: R1 thinks before it writes.
PATIENCE = {"bedrock": 120}

CONVERSE = (2, 18)


def fault_of(answer: Answer, region: str | None, search: Search, seconds: int) -> str | None:
    """What does not fit between the provider and its surroundings, as a sentence; None when all does.

    `region` is the environment's, None when the deploying credentials decide; `seconds` is `timeouts.answer`.
    """
    if isinstance(answer, BedrockModel):
        fault = answer.fault_in(region)
        if fault is not None:
            return fault
    if isinstance(answer, SageMakerAnswer) and seconds > INVOCATION_SECONDS:
        return (
            f"timeouts.answer is {seconds}, but SageMaker ends an invocation after {INVOCATION_SECONDS} seconds; "
            f"set timeouts.answer to {INVOCATION_SECONDS} or less"
        )
    converses = isinstance(answer, ConverseAnswer) or (
        isinstance(answer, CustomAnswer) and answer.llm_model.startswith("bedrock-converse/")
    )
    if converses and isinstance(search, Engine) and search.engine_number < CONVERSE:
        return (
            "answer speaks bedrock-converse, which OpenSearch has since 2.18, but search.engine_version is "
            f"{search.engine_version!r}; set search.engine_version to OpenSearch_2.19 or later, or another recipe"
        )
    return None


def secret_of(answer: Answer | None) -> Secret | None:
    """The secret that holds the provider's key, None for a provider that goes by IAM."""
    return answer.secret if isinstance(answer, DeepSeekAnswer | OpenAiAnswer | CustomAnswer) else None
