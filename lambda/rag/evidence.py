"""Evidence: the sentences, rows and items of the sources that an answer is based on, found by comparing words.

For each sentence of the answer, the sentences of the sources that share the most words with it are its evidence.
Rare words count more than common ones. If a sentence of the answer contains numbers, its evidence contains at least one
of them. From a table row, an answer repeats one cell and names of columns. From a list item, it also repeats words of
the line before the list. So a row or an item is evidence if it and these words together contain the answer's sentence.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from corpus.sentences import sentences
from rag.models import Source, UsedSentence
from rag.units import Unit, units

# Scripts without spaces: each character is a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]|\w+(?:[.,'’-]\w+)*")
_CITATION = re.compile(r"\[\d+(?:,\s*\d+)*\]")
_NUMBER = re.compile(r"\d+")
_AFTER_STOP = re.compile(r"([.!?])\s*((?:\[\d+(?:,\s*\d+)*\]\s*)+)")
_LEAST = 0.35
_NEAR_BEST = 0.8
# The factor for the scores of evidence in a source that is not trusted.
_UNTRUSTED = 0.5
Words = frozenset[str]


class _Compared(NamedTuple):
    """A unit of the source at `place`, with its own `words` and the words `around` it that explain it."""

    place: int
    unit: Unit
    words: Words
    around: Words


def used(answer: str, sources: Sequence[Source]) -> list[Source]:
    """The sources, with marks on the sentences that the answer is based on.

    A score (0 to 1) is the weighted share of words in common with the most similar sentence of the answer. It is Dice's
    coefficient for sentences, and the contained share of the answer's sentence for rows and items. Scores below 0.35,
    or below 80 % of the best, are left out. Scores in a source that is not trusted are halved, because anybody can copy
    a sentence into it.
    """
    compared, weight = _of([source.text for source in sources])
    scores: dict[int, float] = {}
    answer = _CITATION.sub(" ", answer)
    for start, end in sentences(answer):
        said = _words(answer[start:end])
        row = [_score(said, unit, weight) for unit in compared]
        best = max(row, default=0.0)
        for number, score in enumerate(row):
            if score >= max(_LEAST, _NEAR_BEST * best):
                scores[number] = max(score, scores.get(number, 0.0))
    marked: list[list[UsedSentence]] = [[] for _ in sources]
    for number, score in sorted(scores.items()):
        place, unit = compared[number][:2]
        share = score * _UNTRUSTED if sources[place].trusted is False else score
        marked[place].append(UsedSentence(start=unit.start, end=unit.end, score=round(share, 3)))
    return [source.model_copy(update={"used": marks}) for source, marks in zip(sources, marked, strict=True)]


class AnswerSentence(NamedTuple):
    """A sentence of an answer; passages have numbers from 1.

    `cited` are the numbers of the passages that it cites, `supported_by` those of the passages that support it.
    """

    text: str
    cited: frozenset[int]
    supported_by: frozenset[int]

    @property
    def plain(self) -> str:
        """The text without its citations."""
        return re.sub(rf"\s*{_CITATION.pattern}", "", self.text).strip()


def statements(answer: str, passages: Sequence[str]) -> list[AnswerSentence]:
    """The sentences of the answer. A citation after a full stop belongs to the sentence before it."""
    compared, weight = _of(passages)
    answer = _AFTER_STOP.sub(r" \2\1 ", answer)
    statements_found = []
    for start, end in sentences(answer):
        text = answer[start:end]
        said = _words(_CITATION.sub(" ", text))
        if not said:
            continue
        scores = [(unit.place + 1, _score(said, unit, weight)) for unit in compared]
        cited = frozenset(int(number) for citation in _CITATION.findall(text) for number in _NUMBER.findall(citation))
        statements_found.append(
            AnswerSentence(text, cited, frozenset(place for place, score in scores if score >= _LEAST))
        )
    return statements_found


def _of(texts: Sequence[str]) -> tuple[list[_Compared], dict[str, float]]:
    """The units of the texts, and the weights of their words."""
    compared = [
        _Compared(place, unit, _words(unit.said), _words(unit.around))
        for place, text in enumerate(texts)
        for unit in units(text)
    ]
    return compared, _weights([unit.words for unit in compared])


def _words(text: str) -> Words:
    return frozenset(word.lower().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text))


def _weights(all_words: Sequence[Words]) -> dict[str, float]:
    """The weight of each word, from the share of sentences that contain it; `""` is for all other words."""
    count = Counter(word for words in all_words for word in words)
    weights = {word: math.log(1 + len(all_words) / times) for word, times in count.items()}
    return {**weights, "": math.log(1 + len(all_words))}


def _score(said: Words, unit: _Compared, weight: dict[str, float]) -> float:
    common = said & unit.words
    figures = {word for word in said if any(letter.isdigit() for letter in word)}
    if not common or (figures and not figures & unit.words):
        return 0.0
    unknown = weight[""]

    # fsum, because a plain sum depends on the order of a set, which differs in each process.
    def total(part: Words) -> float:
        return math.fsum(weight.get(word, unknown) for word in part)

    score = 2 * total(common) / (total(said) + total(unit.words))
    if unit.around and (unit.unit.is_row or 2 * total(common) >= total(unit.words)):
        score = max(score, total(said & (unit.words | unit.around)) / total(said))
    return min(1.0, score)
