"""Which model made the vectors of an index: a guess by their length, and a comparison if that costs only one call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

from osml.takeover.collection_contents import Holding
from settings.embedding import OPEN_MODELS
from settings.embedding.titan import V1, V2, V2_DIMENSIONS, TitanEmbedding

# The least cosine for the same text and model, because another revision or precision changes the last digits.
SAME = 0.99
SECONDS = 30.0


@dataclass(frozen=True)
class VectorOrigin:
    """`settings` of the group embedding; `certain` after a comparison. `note` is a sentence for a person."""

    settings: dict[str, Any]
    certain: bool
    note: str


def origin_of_vectors(dimension: int, region: str, holding: Holding, text: str, vector: str) -> VectorOrigin | None:
    """The model that probably made vectors of that length; None if osml knows no such model.

    `text` and `vector` are the names of the fields in the sample of `holding`. Calls Titan once at most, and raises
    RagFailure when that fails.
    """
    settings = _guess(dimension, region)
    if settings is None:
        return None
    model = settings["model"]
    written, stored = holding.sample.get(text), holding.sample.get(vector)
    if settings["provider"] != "titan" or not isinstance(written, str) or not isinstance(stored, list):
        guessed = f"The length of the vectors, {dimension}, is that of {model}, which the file names."
        ask = "No collection tells which model made them: if it was another, correct embedding before you deploy."
        runs = " The deploy runs it on a SageMaker endpoint, which is billed by the hour."
        return VectorOrigin(settings, False, f"{guessed} {ask}{runs if settings['provider'] == 'sagemaker' else ''}")
    near = _nearness(_titan(settings, written), stored)
    if near >= SAME:
        return VectorOrigin(settings, True, f"{model} made the vectors: it makes the same one of a document's text.")
    return VectorOrigin(
        settings,
        False,
        f"{model} did not make the vectors: it makes another one of a document's text (cosine {near:.2f}). Correct "
        "embedding in the file before you deploy, or questions find the wrong passages.",
    )


def _guess(dimension: int, region: str) -> dict[str, Any] | None:
    """The settings of the model that is most often used for vectors of that length."""
    if dimension in V2_DIMENSIONS or dimension == TitanEmbedding.dimensions[V1]:
        model = V2 if dimension in V2_DIMENSIONS else V1
        there = region if region in TitanEmbedding.regions[model] else "us-east-1"
        return {"provider": "titan", "model": model, "region": there, "dimension": dimension}
    model = next((name for name, length in OPEN_MODELS.items() if length == dimension), "")
    return {"provider": "sagemaker", "model": model, "dimension": dimension} if model else None


def _titan(settings: dict[str, Any], text: str) -> Sequence[float]:
    """Titan's vector of the text. Raises `RagFailure`."""
    from rag.budget import Budget
    from rag.embedding.titan import Titan
    from settings.runtime_settings import RuntimeTimeouts

    [vector] = Titan(TitanEmbedding.model_validate(settings), RuntimeTimeouts()).of_question(text, Budget(SECONDS))
    return vector


def _nearness(left: Sequence[float], right: Sequence[float]) -> float:
    """The cosine of the angle between two vectors."""
    lengths = math.hypot(*left) * math.hypot(*right)
    return sum(map(mul, left, right)) / lengths if lengths else 0.0
