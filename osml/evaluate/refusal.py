"""How often questions are refused that the documents answer, and answered that the documents do not answer."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from osml.failure import Failure


@dataclass(frozen=True)
class RefusalMeasure:
    """The similarity of the nearest passage for each of the `related` and of the `unrelated` questions.

    The documents answer only the related questions. `least` is the least similarity with which a question is answered.
    """

    related: Sequence[float]
    unrelated: Sequence[float]
    least: float

    @property
    def false_refusals(self) -> float:
        """The share of related questions that are refused."""
        return self._refused(self.related, self.least)

    @property
    def false_answers(self) -> float:
        """The share of unrelated questions that are not refused."""
        return 1 - self._refused(self.unrelated, self.least)

    @property
    def best(self) -> float:
        """The value of `least` that makes the greater of both shares smallest, and then the other share."""

        def worse(least: float) -> tuple[float, float]:
            shares = self._refused(self.related, least), 1 - self._refused(self.unrelated, least)
            return max(shares), min(shares)

        return min(sorted({*self.related, *self.unrelated}), key=worse)

    @staticmethod
    def _refused(similarities: Sequence[float], least: float) -> float:
        return statistics.fmean(similarity < least for similarity in similarities)


def percentiles(similarities: Sequence[float]) -> tuple[float, float, float]:
    """The 5th, 50th and 95th percentile."""
    if len(similarities) == 1:
        return (similarities[0],) * 3
    cuts = statistics.quantiles(similarities, n=20, method="inclusive")
    return cuts[0], cuts[9], cuts[18]


def read_unrelated(file: Path) -> list[str]:
    """The questions of an NDJSON file, one a line: `{"question": …}`.

    Raises Failure with the number of a wrong line.
    """
    questions = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)["question"]
            if not (isinstance(question, str) and question.strip()):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Failure(f'{file}:{number} is not a question. A question looks like {{"question": "…"}}.') from None
        questions.append(question)
    if not questions:
        raise Failure(f"{file} has no questions.")
    return questions
