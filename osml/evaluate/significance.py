"""Whether two ways of searching differ by more than chance: a paired randomization test on the same questions."""

from collections.abc import Sequence
from random import Random

ROUNDS = 10_000


def p_value(first: Sequence[float], second: Sequence[float], rounds: int = ROUNDS) -> float:
    """How often chance alone makes the means differ as much: the share of `rounds`, above 0 and at most 1.

    Each round swaps the figures of the two ways for a random part of the questions. `first` and `second` have a figure
    for each question, in the same order. The same figures always give the same value.
    """
    differences = [score - other for score, other in zip(first, second, strict=True) if score != other]
    seen, random, as_far = abs(sum(differences)), Random(0), 0  # noqa: S311 of a test, not of a secret
    for _ in range(rounds):
        signs = random.getrandbits(len(differences)) if differences else 0
        total = sum(difference if signs >> place & 1 else -difference for place, difference in enumerate(differences))
        as_far += abs(total) >= seen - 1e-12
    # The real figures count as one more round, so the result is never 0.
    return (as_far + 1) / (rounds + 1)
