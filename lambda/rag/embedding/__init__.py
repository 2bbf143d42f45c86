"""Vectors of texts, from the model that embedded the index."""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from calls.count_of import count_of
from rag.budget import Budget
from rag.service_failure import EMBEDDING, unusable
from settings.embedding import EmbeddingModel
from settings.runtime_settings import RuntimeSettings

Vectors = list[list[float]]


class Embedding(Protocol):
    """An embedding model. Each method tries once and may raise `RagFailure`."""

    def of_question(self, question: str, budget: Budget) -> Vectors:
        """A list with one vector: that of the question, for a search."""

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        """A vector to store for each text, in their order."""


def embedding(settings: RuntimeSettings) -> Embedding:
    """The embedding model of the settings: an instance of `MODEL` in the module that `embedding.caller` names.

    The modules of other providers are not imported. Raises `ValueError` if the assistant cannot call the model itself.
    """
    chosen = settings.embedding
    if not isinstance(chosen, EmbeddingModel) or chosen.caller is None:
        raise ValueError(f"embedding.provider is {chosen.provider}, but a collection has no models; name a provider.")
    made: Embedding = import_module(f"{__name__}.{chosen.caller}").MODEL(chosen, settings.timeouts)
    return made


def checked(vectors: object, count: int) -> Vectors:
    """`vectors` if there are `count` of them, all lists of numbers; raises `Broken`."""
    good = (
        isinstance(vectors, list)
        and len(vectors) == count
        and all(isinstance(vector, list) and vector and isinstance(vector[0], int | float) for vector in vectors)
    )
    if not good:
        raise unusable(EMBEDDING, f"the answer to {count_of(count, 'text')} is not a list of as many vectors")
    return vectors  # type: ignore[return-value]
