"""Sentences of documents, with the parts of them that can be compared: words, names, years and figures."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# In a document that was escaped twice, a line ends with a backslash and an n.
_LINE = re.compile(r"[\r\n\u2028\u2029]+|(?<![:\w\\])\\+n|(?<![:\\])\\+n(?=[A-Z\d])")
_END = re.compile(r"(?<=[.!?\u061f])[\"')\]»”]*\s+(?=[^\sa-z])|(?<=[\u3002\uff01\uff1f])\s*")
_ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|Inc|Ltd|Co|approx|e\.g|i\.e)|\b[A-Z])\.$")
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d%]|[.,]\d)")
_FIGURE = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.,-])\d+(?:\.\d+)?")
_CAPITAL = r"[A-Z\u00c0-\u00de][\w\u2019'&-]*(?:\.(?=[A-Z]))?"
_NAME = re.compile(rf"\b{_CAPITAL}(?: (?:of |the |de |la )?{_CAPITAL})*")
_COMMON = frozenset(Path(__file__).with_name("common-words.txt").read_text(encoding="utf-8").split())


@dataclass(frozen=True)
class Sentence:
    """One sentence of the document with the number `document` (counted from 1), with the document's own text."""

    text: str
    document: int

    @cached_property
    def words(self) -> frozenset[str]:
        """The content words, in lower case, without plural and possessive endings."""
        return content_words(self.text)

    @cached_property
    def figure(self) -> tuple[int, float] | None:
        """The first year and the first figure after it, as in `in 2023 is 18,937,000`; None without both.

        A percentage is not a figure.
        """
        year = _YEAR.search(self.text)
        if year is None:
            return None
        for match in _FIGURE.finditer(self.text, year.end()):
            after = self.text[match.end() : match.end() + 2].strip()
            if not after.startswith("%") and not _YEAR.fullmatch(match.group()):
                return int(year.group()), float(match.group().replace(",", ""))
        return None

    @cached_property
    def frame(self) -> frozenset[str]:
        """The content words without digits. Two sentences with the same frame state the same kind of figure."""
        return frozenset(word for word in self.words if not any(letter.isdigit() for letter in word))

    def mentions(self, name: str) -> bool:
        """Whether the sentence contains `name` as whole words, regardless of case."""
        return contains(self.text, name)


def split(document: str, number: int) -> list[Sentence]:
    """Return the sentences of the document with the number `number`. Control characters become spaces."""
    sentences: list[str] = []
    for line in _LINE.split(document):
        glued = ""
        for piece in _END.split(_printable(line)):
            glued = f"{glued} {piece}".strip() if glued else piece.strip()
            if not _ABBREVIATION.search(glued):
                sentences.append(glued)
                glued = ""
        sentences.append(glued)
    return [Sentence(text, number) for text in sentences if _WORD.search(text)]


def content_words(text: str) -> frozenset[str]:
    """Return the content words of `text`, in lower case, without plural and possessive endings."""
    words = (word.lower().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text))
    return frozenset(_singular(word) for word in words if word not in _COMMON)


def names(text: str) -> list[str]:
    """Return the spans of capitalised words, without leading question words, in the order of the text."""
    phrases = []
    for match in _NAME.finditer(text):
        words = match.group().removesuffix("'s").removesuffix("’s").split(" ")
        while words and words[0].lower() in _COMMON:
            words.pop(0)
        if words:
            phrases.append(" ".join(words))
    return list(dict.fromkeys(phrases))


def years(text: str) -> list[int]:
    """Return the years in `text` (1500 to 2099), each once, in ascending order."""
    return sorted({int(year) for year in _YEAR.findall(text)})


def contains(text: str, name: str) -> bool:
    """Whether `text` contains `name` as whole words, regardless of case."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _printable(text: str) -> str:
    visible = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
    return re.sub(r"\s+", " ", visible).strip()
