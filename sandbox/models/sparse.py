"""Sparse vectors: weights for the words of a text, and for related words.

No sparse encoder runs here. The weight of a word piece increases with its count in the text and with its rarity: from
piece 1996 on, BERT's vocabulary is in the order of frequency. The nearest pieces in MiniLM's table of word vectors are
added, weighted by the square of their cosine: `carpet` adds `rug`, with a lower weight. A trained encoder also adds
words from the context of the whole sentence; these are missing here.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from sandbox.models.embedding import MAX_TOKENS, MiniLM
from sandbox.models.word_vectors import WordVectors

_FIRST_WORD = 1996
_RELATED = 5
_LEAST_COSINE = 0.4
_LEAST_WEIGHT = 0.1


def encode(model: MiniLM, words: WordVectors, texts: Sequence[str]) -> list[dict[str, float]]:
    """The weights of each text by word piece; all are above 0. A text with only punctuation has no weights."""
    counted = [Counter(model.pieces(text)[: MAX_TOKENS - 2]) for text in texts]
    nearest = words.related({piece for those in counted for piece, _ in those}, _RELATED)
    related = {piece: [(model.word_piece(near), cosine) for near, cosine in those] for piece, those in nearest.items()}
    return [_weights(those, related, len(words)) for those in counted]


def _weights(
    counted: Counter[tuple[int, str]], related: Mapping[int, Sequence[tuple[str, float]]], vocabulary: int
) -> dict[str, float]:
    weights: dict[str, float] = {}
    for (piece, word), count in counted.items():
        if not word.removeprefix("##").isalnum():
            continue
        weight = math.log1p(count) * _rarity(piece, vocabulary)
        weights[word] = max(weights.get(word, 0.0), weight)
        for other, cosine in related[piece]:
            if cosine >= _LEAST_COSINE and other.isalnum():
                weights[other] = max(weights.get(other, 0.0), weight * cosine**2)
    return {word: round(weight, 4) for word, weight in weights.items() if weight >= _LEAST_WEIGHT}


def _rarity(piece: int, vocabulary: int) -> float:
    """0 for the most frequent word, 1 for the rarest. Punctuation and single letters count as rare."""
    rank = piece - _FIRST_WORD if piece >= _FIRST_WORD else vocabulary
    return math.log1p(rank) / math.log1p(vocabulary)
