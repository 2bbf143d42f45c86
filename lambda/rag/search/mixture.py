"""The order of passages by words and meaning, where no search pipeline computes it: as the engine's processor does.

The formulas are those of OpenSearch's normalization-processor (neural-search: MinMaxScoreNormalizationTechnique,
L2ScoreNormalizationTechnique, ArithmeticMeanScoreCombinationTechnique).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.search.query import MEANING, WORDS
from settings.retrieval import Hybrid

Hit = dict[str, Any]
# What the last of a list has, lest it seem not to be found.
_LEAST = 0.001


def mixed(words: Sequence[Hit], meaning: Sequence[Hit], hybrid: Hybrid) -> list[Hit]:
    """The hits of both lists, best first, each with its score in both, by name, and the mean of both as its score."""
    weights = {WORDS: hybrid.words, MEANING: 1 - hybrid.words}
    hits: dict[str, Hit] = {}
    for name, those in ((WORDS, words), (MEANING, meaning)):
        normalized = _NORMALIZED[hybrid.normalization]([hit["_score"] for hit in those])
        for hit, score in zip(those, normalized, strict=True):
            one = hits.setdefault(hit["_id"], {**hit, "_score": 0.0, "matched_queries": {}})
            one["_score"] += weights[name] * score
            one["matched_queries"][name] = hit["_score"]
    return sorted(hits.values(), key=lambda hit: -hit["_score"])


def _min_max(scores: Sequence[float]) -> list[float]:
    least, most = min(scores, default=0.0), max(scores, default=0.0)
    return [max(_LEAST, (one - least) / (most - least)) if most > least else 1.0 for one in scores]


def _l2(scores: Sequence[float]) -> list[float]:
    length = math.hypot(*scores)
    return [one / length if length else _LEAST for one in scores]


_NORMALIZED: Mapping[str, Callable[[Sequence[float]], list[float]]] = {"min_max": _min_max, "l2": _l2}
