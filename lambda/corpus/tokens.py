"""Counts the tokens of a text with the vocabulary of BERT, and finds where a number of tokens ends.

all-MiniLM, all-mpnet and bge read tokens of this vocabulary: `vocabulary.txt`, which `osml/deploy/vocabulary.py`
writes. For them, a word that the vocabulary lacks is one unknown token. Here each of its characters counts as a token,
because other models read it. So the count is never too low for these models, and exact if they know all words.
"""

import errno
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

# Tokens that a model adds at both ends.
MARKS = 2
# The characters that BERT takes as white space. It removes other control characters and accents from words. The Unicode
# tables of tokenizers are older than Python's, so newer characters are counted.
_SPACES = "\t\n\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_RUN = re.compile(f"[^{_SPACES}]+")
_REMOVED, _UNSEEN = frozenset(("Cc", "Cf", "Co", "Cs", "Mn")), frozenset("\ufffd\xad")
# Ideographs. Each of them is a word.
_IDEOGRAPH = re.compile(
    "[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f]"
)
_SYMBOLS = frozenset("$+<=>^`|~")
# A longer word is unknown to BERT.
_LONGEST_WORD = 100
_CONTINUED = "##"


def count(text: str) -> int:
    """The tokens of the text, without the marks."""
    return sum(cost for _, _, cost in _words(text, 0, len(text)))


def reach(text: str, start: int, limit: int, tokens: int) -> int:
    """The position where the text from `start` on has used up `tokens`, at most `limit`; always after `start`."""
    left = tokens - MARKS
    for begin, end, cost in _words(text, start, limit):
        if cost > left:
            return begin if begin > start else _within(text, start, end, left)
        left -= cost
    return limit


def _within(text: str, start: int, end: int, tokens: int) -> int:
    """Where to cut a word that is too long; the part has at least one character."""
    while end > start + 1 and count(text[start:end]) > tokens:
        end = start + (end - start) // 2
    return end


def _words(text: str, start: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """The start, end and number of tokens of each word."""
    for run in _RUN.finditer(text, start, limit):
        said, at = run[0], run.start()
        if said.isascii() and said.isalnum():
            yield at, run.end(), _cost(said)
            continue
        begin = 0
        for place, character in enumerate(said):
            if _stands_alone(character):
                if place > begin:
                    yield at + begin, at + place, _cost(said[begin:place])
                yield at + place, at + place + 1, _cost(character)
                begin = place + 1
        if len(said) > begin:
            yield at + begin, run.end(), _cost(said[begin:])


@lru_cache(1 << 12)
def _stands_alone(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "P" or character in _SYMBOLS or _IDEOGRAPH.match(character) is not None


@lru_cache(1 << 14)
def _known_cost(word: str) -> int:
    """The number of pieces of a word; the number of its characters if the vocabulary lacks a piece."""
    pieces, known = 0, _vocabulary()
    place = 0
    while place < len(word):
        prefix = _CONTINUED if place else ""
        end = min(len(word), place + _longest_piece())
        while end > place and prefix + word[place:end] not in known:
            end -= 1
        if end == place:
            return len(word)
        place, pieces = end, pieces + 1
    return pieces


def _cost(word: str) -> int:
    if word.isascii() and word.isprintable():
        return len(word) if len(word) > _LONGEST_WORD else _known_cost(word.lower())
    plain = _plain(word)
    # Normalization may turn a character into a mark, for example the Greek varia into `.
    if len(plain) > _LONGEST_WORD or (len(plain) > 1 and any(map(_stands_alone, plain))):
        return len(plain)
    return _known_cost(plain)


def _plain(word: str) -> str:
    """The word in lower case, without accents and characters that are not seen."""
    return "".join(character.lower() for character in unicodedata.normalize("NFD", word) if not _vanishes(character))


@lru_cache(1 << 12)
def _vanishes(character: str) -> bool:
    old = unicodedata.ucd_3_2_0.category(character)
    return character in _UNSEEN or (unicodedata.category(character) in _REMOVED and old in _REMOVED)


@cache
def _vocabulary() -> frozenset[str]:
    file = Path(__file__).with_name("vocabulary.txt")
    if not file.is_file():
        raise FileNotFoundError(errno.ENOENT, "Run `make install`, which writes it", str(file))
    return frozenset(file.read_text(encoding="utf-8").splitlines())


@cache
def _longest_piece() -> int:
    return max(map(len, _vocabulary()))
