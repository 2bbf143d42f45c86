"""Vectors of texts, from the model that the index was filled with."""

from collections.abc import Sequence
from typing import Protocol

from assistant.budget import Budget
from assistant.other_side import EMBEDDING, unusable
from assistant.settings import (
    CohereEmbedding,
    EngineEmbedding,
    OpenAiEmbedding,
    SageMakerEmbedding,
    Settings,
    TitanEmbedding,
)

Vectors = list[list[float]]


class Embedding(Protocol):
    """An embedding model. One try each; everything raises `Failure`."""

    def of_question(self, question: str, budget: Budget) -> Vectors:
        """The one vector to search with."""

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        """A vector to store for each text, in their order."""


def embedding(settings: Settings) -> Embedding:
    """The provider of the settings; only its module is imported."""
    timeouts = settings.timeouts
    match settings.embedding:
        case SageMakerEmbedding() as chosen:
            from assistant.embedding.sagemaker import SageMaker

            return SageMaker(chosen, timeouts)
        case TitanEmbedding() as chosen:
            from assistant.embedding.titan import Titan

            return Titan(chosen, timeouts)
        case CohereEmbedding() as chosen:
            from assistant.embedding.cohere import Cohere

            return Cohere(chosen, timeouts)
        case OpenAiEmbedding() as chosen:
            from assistant.embedding.openai import OpenAi
            from assistant.secret import Secret

            return OpenAi(chosen, timeouts, Secret(chosen.secret.arn))
        case EngineEmbedding():
            raise ValueError("embedding.provider is model, but a collection has no models; name a provider.")


def checked(vectors: object, count: int) -> Vectors:
    """`vectors` if there are `count` of them, all lists of numbers; raises `Broken`."""
    good = (
        isinstance(vectors, list)
        and len(vectors) == count
        and all(isinstance(one, list) and one and isinstance(one[0], int | float) for one in vectors)
    )
    if not good:
        raise unusable(EMBEDDING, f"{count} texts were sent, and what came back is no list of as many vectors")
    return vectors  # type: ignore[return-value]
