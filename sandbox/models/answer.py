"""The extractive stand-in for an answer model: it only quotes the documents of the prompt.

It ranks the documents' sentences by their nearness to each part of the question (embedding, shared words, names, years)
and repeats the best. It adds only the difference between two quoted figures. It follows only two instructions, to write
one question and to say whether a passage says something, and no other instruction of the caller or of a document.
"""

import re
from dataclasses import dataclass

import numpy as np

from sandbox.models import sentence as text_of
from sandbox.models.embedding import MiniLM
from sandbox.models.judging import verdict
from sandbox.models.prompt import ReadPrompt
from sandbox.models.query_plan import planned
from sandbox.models.sentence import Sentence

NOTICE = "(Extractive stand-in: sentences quoted from the documents; no language model was called.)"
_MOST_SENTENCES = 8
_CANDIDATES = 96
_NEAR = 0.42
_QUESTION = re.compile(r"\s*write (?:one|a) question\b", re.IGNORECASE)
# A question repeats at most this many characters of a sentence.
_REPEATED = 160
_FOLLOW_UP = re.compile(r"\s*(?:and|what about|how about|compared?|how is|how does|is that)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Completion:
    """An answer. `text` is for the reader; `reasoning` is a reasoning model's reasoning, without its tags."""

    text: str
    reasoning: str


@dataclass(frozen=True)
class _Part:
    """One part of the prompt's question, with its names and years."""

    text: str
    names: list[str]
    missing: list[str]
    years: list[int]


class StandIn:
    """Answers a `ReadPrompt` by quoting it."""

    def __init__(self, model: MiniLM) -> None:
        """`model` measures the nearness of sentences."""
        self._model = model

    def answer(self, prompt: ReadPrompt) -> Completion:
        """Return the documents' best sentences, or a statement that they contain no answer, or a query."""
        if query := planned(prompt.question):
            return Completion(query, "The question states what to find, and the mapping where.")
        sentences = [
            sentence
            for number, document in enumerate(prompt.documents, 1)
            for sentence in text_of.split(document, number)
        ]
        if not sentences or not prompt.question.strip():
            lacking = "question" if sentences else "document"
            return Completion(
                f"The prompt holds no {lacking}, so there is nothing to quote. {NOTICE}", "Nothing to read."
            )
        if _QUESTION.match(prompt.question):
            return Completion(_question(sentences), "I ask for the longest sentence.")
        if (says := verdict(prompt.question, prompt.documents)) is not None:
            return Completion("Yes." if says else "No.", "I compare the words and figures.")
        parts = _parts(prompt, sentences)
        sentences = _shortlist(sentences, parts)
        scores = self._scores(sentences, parts)
        lines: list[str] = []
        chosen: list[Sentence] = []
        for part, row in zip(parts, scores, strict=True):
            said, quoted = _reply(part, sentences, row, chosen)
            lines += [line for line in said if line not in lines]
            chosen += quoted
        documents = sorted({sentence.document for sentence in chosen})
        if not chosen:
            lines.insert(0, "The documents do not hold the answer.")
        reasoning = (
            f"The question has {len(parts)} part(s). I compared {len(sentences)} sentence(s) of "
            f"{len(prompt.documents)} document(s) with each part; "
            + (f"the nearest stand in document(s) {', '.join(map(str, documents))}." if chosen else "none is near.")
        )
        return Completion(" ".join([*lines, NOTICE]), reasoning)

    def _scores(self, sentences: list[Sentence], parts: list[_Part]) -> list[list[float]]:
        rows = self._model.embed([*[sentence.text for sentence in sentences], *[part.text for part in parts]])
        nearness = rows[len(sentences) :] @ rows[: len(sentences)].T
        weight = _rarity(sentences)
        scores = []
        for part, near in zip(parts, nearness, strict=True):
            wanted = text_of.content_words(part.text)
            total = sum(weight.get(word, weight[""]) for word in wanted) or 1.0
            scores.append(
                [
                    0.6 * float(value)
                    + 0.4 * sum(weight[word] for word in wanted & sentence.words) / total
                    + (0.25 if any(sentence.mentions(name) for name in part.names) else 0.0)
                    for sentence, value in zip(sentences, near, strict=True)
                ]
            )
        return scores


def _question(sentences: list[Sentence]) -> str:
    longest = max((sentence.text for sentence in sentences), key=len)[:_REPEATED].rstrip(" .")
    return f"Where does it say that {longest[:1].lower()}{longest[1:]}?"


def _parts(prompt: ReadPrompt, sentences: list[Sentence]) -> list[_Part]:
    texts = [text for text in re.split(r"(?<=[?؟？])\s*|[\r\n;]+|\\n", prompt.question) if re.search(r"\w", text)]
    whole = "\n".join(sentence.text for sentence in sentences)
    known = _known_names(sentences)
    before = text_of.years(prompt.earlier[-1]) if prompt.earlier else []
    parts: list[_Part] = []
    for text in texts[:_MOST_SENTENCES]:
        names = [name for name in text_of.names(text) if not _opens(text, name) or text_of.contains(whole, name)]
        names += [name for name in known if text_of.contains(text, name) or _initials(name) in text.split()]
        names = _widest(names)
        years = text_of.years(text)
        if not years and (parts or _FOLLOW_UP.match(text)):
            years = parts[-1].years if parts else before
        present = [name for name in names if text_of.contains(whole, name)]
        missing = [name for name in names if name not in present and not name.isupper()]
        parts.append(_Part(text.strip(), present, missing, years))
    return parts


def _reply(
    part: _Part, sentences: list[Sentence], scores: list[float], already: list[Sentence]
) -> tuple[list[str], list[Sentence]]:
    """Return the answer's lines for one part of the question, and the sentences that they quote."""
    lines: list[str] = []
    quoted: list[Sentence] = []
    for name in part.names if part.years else []:
        about = [
            (score, sentence) for score, sentence in zip(scores, sentences, strict=True) if sentence.mentions(name)
        ]
        stated = {year: _stating(year, about) for year in part.years}
        statements = [sentence for sentence in stated.values() if sentence is not None]
        quoted += [sentence for sentence in statements if sentence not in quoted]
        lines += [_quote(sentence) for sentence in statements if sentence not in already]
        lines += _difference(name, [sentence for sentence in statements if sentence.figure is not None])
        absent = [str(year) for year, sentence in stated.items() if sentence is None]
        if absent:
            lines.append(f"The documents give nothing about {name} in {' or '.join(absent)}.")
    if part.missing:
        lines.append(f"The documents do not mention {' or '.join(part.missing)}.")
    if quoted or (part.missing and not part.names) or (lines and part.years):
        return lines, quoted
    best = sorted(zip(scores, range(len(sentences)), strict=True), key=lambda pair: (-pair[0], pair[1]))
    near = [sentences[index] for score, index in best[:2] if score >= max(_NEAR, 0.75 * best[0][0])]
    return [*lines, *[_quote(sentence) for sentence in near if sentence not in already]], near


def _stating(year: int, about: list[tuple[float, Sentence]]) -> Sentence | None:
    """The best sentence with a figure for `year`, or else the best that names the year, or None."""
    figures = [pair for pair in about if pair[1].figure is not None and pair[1].figure[0] == year]
    named = [pair for pair in about if year in text_of.years(pair[1].text)]
    best = max(figures or named, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None else None


def _difference(name: str, stated: list[Sentence]) -> list[str]:
    """A line with the difference between two figures, if their sentences differ little except in year and figure."""
    figures = sorted({sentence.figure: sentence for sentence in stated if sentence.figure is not None}.items())
    if len(figures) < 2:
        return []
    (first_year, first), a = figures[0]
    (last_year, last), b = figures[-1]
    if first_year == last_year or len(a.frame & b.frame) < 0.6 * len(a.frame | b.frame):
        return []
    change = last - first
    word = "an increase" if change > 0 else "a decrease" if change < 0 else "a change"
    share = f" ({abs(change) / first:.2%})" if first else ""
    return [f"{name}: {_number(first)} ({first_year}) to {_number(last)} ({last_year}), {word} of "
            f"{_number(abs(change))}{share}."]  # fmt: skip


def _shortlist(sentences: list[Sentence], parts: list[_Part]) -> list[Sentence]:
    """In a long context, only the `_CANDIDATES` sentences with the most words of the question are embedded."""
    if len(sentences) <= _CANDIDATES:
        return sentences
    wanted = frozenset().union(*[text_of.content_words(part.text) for part in parts])
    names = [name for part in parts for name in part.names]
    order = sorted(
        range(len(sentences)),
        key=lambda index: (
            -len(wanted & sentences[index].words) - sum(sentences[index].mentions(name) for name in names),
            index,
        ),
    )
    return [sentences[index] for index in sorted(order[:_CANDIDATES])]


def _rarity(sentences: list[Sentence]) -> dict[str, float]:
    """The inverse document frequency of each word among the sentences; the key "" is for words in none of them."""
    counts: dict[str, int] = {"": 0}
    for sentence in sentences:
        for word in sentence.words:
            counts[word] = counts.get(word, 0) + 1
    return {word: float(np.log(1 + len(sentences) / (1 + count))) for word, count in counts.items()}


def _known_names(sentences: list[Sentence]) -> list[str]:
    """The capitalised spans in the documents. A single word counts only if it is never in lower case."""
    spans = dict.fromkeys(name for sentence in sentences for name in text_of.names(sentence.text))
    small = {word for sentence in sentences for word in re.findall(r"(?<!\w)[a-z]\w*", sentence.text)}
    return [name for name in spans if " " in name or (len(name) > 2 and name.lower() not in small)]


def _widest(names: list[str]) -> list[str]:
    """Each name once, without names that are within a longer name."""
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(name.lower(), name)
    kept = once.values()
    return [name for name in kept if not any(name != other and text_of.contains(other, name) for other in kept)]


def _initials(name: str) -> str:
    words = name.split(" ")
    return "".join(word[0] for word in words) if len(words) > 2 else name


def _opens(text: str, name: str) -> bool:
    """Whether the name is the first word of the text. That word is always capitalised, so it may not be a name."""
    return text.lstrip(" \"'«“¿").startswith(name) and " " not in name


def _quote(sentence: Sentence) -> str:
    return f"{sentence.text} [{sentence.document}]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"
