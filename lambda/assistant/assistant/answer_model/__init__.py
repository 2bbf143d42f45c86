"""Models that answer, called by the assistant itself."""

from collections.abc import Iterator
from typing import Protocol

from assistant.budget import Budget
from assistant.prompt import Told
from assistant.settings import (
    BedrockAnswer,
    ConverseAnswer,
    DeepSeekAnswer,
    OpenAiAnswer,
    PipelineAnswer,
    SageMakerAnswer,
    Settings,
)


class Model(Protocol):
    """An answer model; `name` is for the reader."""

    name: str

    def deltas(self, told: Told, budget: Budget) -> Iterator[str]:
        """The answer in pieces as they come, without thoughts. One try; raises `Failure` at any piece."""


def model(settings: Settings) -> Model:
    """The provider of the settings; only its module is imported."""
    timeouts = settings.timeouts
    match settings.answer:
        case DeepSeekAnswer() | OpenAiAnswer() as chosen:
            from assistant.answer_model.chat import Chat
            from assistant.secret import Secret

            return Chat(chosen, timeouts, Secret(chosen.secret.arn))
        case SageMakerAnswer() as chosen:
            from assistant.answer_model.sagemaker import SageMaker

            return SageMaker(chosen, timeouts)
        case BedrockAnswer() as chosen:
            from assistant.answer_model.bedrock import Bedrock

            return Bedrock(chosen, timeouts)
        case ConverseAnswer() as chosen:
            from assistant.answer_model.converse import Converse

            return Converse(chosen, timeouts)
        case PipelineAnswer() | None:
            raise ValueError("answer.provider names no model that the assistant can call itself.")
