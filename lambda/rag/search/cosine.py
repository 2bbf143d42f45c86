"""The cosine of two vectors."""

import math
from collections.abc import Sequence


def cosine(first: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; 0 if one of them is 0. Raises TypeError for what is no number."""
    lengths = math.sqrt(_product(first, first) * _product(other, other))
    return _product(first, other) / lengths if lengths else 0.0


def _product(first: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(first, other, strict=True))
