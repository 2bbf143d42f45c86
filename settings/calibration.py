"""Measured similarities of questions to passages, for questions with and without an answer in the documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class FollowUpLimit(NamedTuple):
    """A question that is answered only together with earlier questions is a follow-up if its cosine to the passage is
    at least `share` times its cosine to the joined text, less `margin`. The shorter the question, the smaller that is.
    """

    share: float
    margin: float

    def holds(self, to_passage: float, to_joined: float) -> bool:
        """Whether a question with these cosines to the passage and to the joined text is a follow-up."""
        return to_passage >= self.share * to_joined - self.margin


class Calibration(NamedTuple):
    """Cosines of a question and the nearest passage that was found, measured with one model.

    `unrelated` are the 5th, 50th and 95th percentile for questions that the documents do not answer, and `related` for
    those that they answer. A passage with at least `least` may contain an answer. Hardly any unrelated question reaches
    `good`, and none reaches `close`.
    """

    unrelated: tuple[float, float, float]
    related: tuple[float, float, float]
    least: float
    good: float
    close: float
    follow_up: FollowUpLimit


# The cosine below which two texts have little in common with most models. As a limit it refuses few passages, and none
# with a model whose vectors all point in one direction.
UNMEASURED = 0.2
# `make retrieval` measured this with SciFact and with 300 unrelated questions: docs/evaluation.md,
# "Questions without an answer".
MINILM = Calibration(
    unrelated=(0.18, 0.25, 0.35),
    related=(0.43, 0.65, 0.83),
    least=0.36,
    good=0.5,
    close=0.6,
    # `python -m benchmarks.follow_ups` measures this.
    follow_up=FollowUpLimit(share=0.75, margin=0.28),
)
CALIBRATED: Mapping[str, Calibration] = {"sentence-transformers/all-MiniLM-L6-v2": MINILM}

# By `index.space_type`: the engine's score for a cosine of two vectors of length 1; Lucene and Faiss have the same.
# https://docs.opensearch.org/latest/mappings/supported-field-types/knn-spaces/
_SCORES: Mapping[str, Callable[[float], float]] = {
    "cosinesimil": lambda cosine: (1 + cosine) / 2,
    "l2": lambda cosine: 1 / (3 - 2 * cosine),
    "innerproduct": lambda cosine: 1 + cosine if cosine >= 0 else 1 / (1 - cosine),
}


def score(cosine: float, space_type: str) -> float:
    """The engine's score for two vectors of length 1 with this `cosine`."""
    return round(_SCORES[space_type](cosine), 4)
