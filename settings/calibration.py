"""How near the passages that an embedding model finds are to questions with and without an answer in the documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Calibration(NamedTuple):
    """Cosines of a question and the nearest passage that was found, measured with one model.

    `unrelated` and `related` are the 5th, 50th and 95th percentile for questions that the documents do not answer and
    for those that they do. From `least` on a passage may hold an answer; from `good` on hardly any unrelated question
    comes near it, and from `close` on none does.
    """

    unrelated: tuple[float, float, float]
    related: tuple[float, float, float]
    least: float
    good: float
    close: float


# Below it two texts have little in common in the vectors of most models. It refuses little, and nothing where a model's
# vectors all point in one direction.
UNMEASURED = 0.2
# docs/evaluation.md, "Questions without an answer": measured by `make retrieval` on SciFact and on 300 questions about
# something else.
MINILM = Calibration(unrelated=(0.18, 0.25, 0.35), related=(0.43, 0.65, 0.83), least=0.36, good=0.5, close=0.6)
CALIBRATED: Mapping[str, Calibration] = {"sentence-transformers/all-MiniLM-L6-v2": MINILM}

# The engine's score of two vectors of length 1 with a cosine, by `index.space_type`; the same in Lucene and Faiss.
# https://docs.opensearch.org/latest/mappings/supported-field-types/knn-spaces/
_SCORES: Mapping[str, Callable[[float], float]] = {
    "cosinesimil": lambda cosine: (1 + cosine) / 2,
    "l2": lambda cosine: 1 / (3 - 2 * cosine),
    "innerproduct": lambda cosine: 1 + cosine if cosine >= 0 else 1 / (1 - cosine),
}


def score(cosine: float, space_type: str) -> float:
    """The score that the engine gives two vectors of length 1 with that `cosine`."""
    return round(_SCORES[space_type](cosine), 4)
