"""Labelled questions, and the quality of a list of documents: nDCG, recall and reciprocal rank of the first ten.

With highlighting, it also measures whether the marks contain the answer.

The definitions are those of trec_eval: the gain of a document is its grade, its discount log2(rank + 1), and a
document of any grade above 0 is relevant.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from osml.failure import Failure

FIRST = 10
# A reranker could still find documents up to this rank.
FAR = 100


@dataclass(frozen=True)
class Labelled:
    """A question, and the grades of the documents that answer it, by id; above 0, higher is better.

    `says` are the words of a document that contain the answer, if labelled. `after` are the earlier questions of the
    conversation, oldest first, if the question is a follow-up.
    """

    question: str
    relevant: Mapping[str, int]
    says: str | None = None
    after: tuple[str, ...] = ()


def read(file: Path) -> list[Labelled]:
    """The questions of an NDJSON file, one a line: `{"question": …, "relevant": {"document id": grade, …}}`.

    A line may also have `"says": "…"` and `"after": ["…", …]`. Raises Failure with the number of a wrong line.
    """
    questions: list[Labelled] = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            relevant = {str(id): int(grade) for id, grade in record["relevant"].items()}
            question, says, after = record["question"], record.get("says"), record.get("after", [])
            if not (isinstance(question, str) and question.strip() and relevant and min(relevant.values()) > 0):
                raise ValueError
            if not (says is None or (isinstance(says, str) and says.strip())):
                raise ValueError
            if not (isinstance(after, list) and all(isinstance(text, str) and text.strip() for text in after)):
                raise ValueError
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Failure(
                f'{file}:{number} is not a labelled question, {{"question": "…", "relevant": {{"an id": 2}}}} with all '
                'grades above 0, and optionally "says": "words of the answer" and "after": ["an earlier question"].'
            ) from None
        questions.append(Labelled(question, relevant, says, tuple(after)))
    if not questions:
        raise Failure(f"{file} has no labelled questions.")
    return questions


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Discounted cumulative gain of the first ten, as a share of that of the best order; 0 to 1."""
    best = sorted(relevant.values(), reverse=True)
    return _gain([relevant.get(id, 0) for id in ranked]) / _gain(best)


def recall(ranked: Sequence[str], relevant: Mapping[str, int], first: int = FIRST) -> float:
    """The share of the relevant documents that are among the `first`."""
    return len(relevant.keys() & set(ranked[:first])) / len(relevant)


def reciprocal_rank(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """One over the rank of the first relevant document; 0 when none is among the first ten."""
    return next((1 / rank for rank, id in enumerate(ranked[:FIRST], start=1) if id in relevant), 0.0)


@dataclass(frozen=True)
class Marked:
    """Whether the marks of a passage contain the answer, and the marked share of its text, 0 to 1."""

    holds: bool
    share: float


def marked(says: str, passages: Iterable[tuple[str, Sequence[tuple[int, int]]]]) -> Marked | None:
    """The marks of the first passage that contains the words `says`; None if no passage does.

    A passage is its text and the marked ranges `[start, end)`.
    """
    for text, ranges in passages:
        at = text.find(says)
        if at >= 0:
            holds = any(start <= at and at + len(says) <= end for start, end in ranges)
            return Marked(holds, sum(end - start for start, end in ranges) / len(text))
    return None


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades[:FIRST], start=1))
