"""MiniLM's vectors in the lengths of other models.

A fixed random projection maps a vector with 384 dimensions to another number of dimensions. With more dimensions it is
an isometry: every cosine is unchanged. With 256 dimensions it keeps 256 of 384 directions, so cosines change a little.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sandbox.models.embedding import DIMENSION, MiniLM, Vectors, unit

_SEED = 20240430


def projected(model: MiniLM, texts: Sequence[str], width: int, *, normalize: bool = True) -> list[list[float]]:
    """One vector of `width` numbers per text, rounded to nine decimals; its length is 1 unless `normalize` is False."""
    rows = model.embed(texts, normalize=normalize) @ _projection(width)
    listed: list[list[float]] = np.round((unit(rows) if normalize else rows).astype(np.float64), 9).tolist()
    return listed


@lru_cache
def _projection(width: int) -> Vectors:
    """A (384, width) matrix with orthonormal rows, or orthonormal columns if `width` is less than 384.

    It is always the same, because the numbers of RandomState never change.
    """
    drawn = np.random.RandomState(_SEED + width).standard_normal((max(width, DIMENSION), min(width, DIMENSION)))
    basis, upper = np.linalg.qr(drawn)
    basis *= np.sign(np.diag(upper))
    matrix: Vectors = np.ascontiguousarray(basis if width < DIMENSION else basis.T, dtype=np.float32)
    return matrix
