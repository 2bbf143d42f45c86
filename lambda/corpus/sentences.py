"""Finds where sentences begin and end in a text, in time proportional to its length."""

import re
from collections.abc import Iterator

# White space and the ends of sentences in scripts without white space. A match takes a whole run, so that no
# character is read twice in any text.
_GAP = re.compile(r"\s+|[\u3002\uff01\uff1f][」』”]*")
_LINES = frozenset("\r\n\u2028\u2029")
_ENDS, _CLOSING = frozenset(".!?\u061f"), frozenset("\"')]»”")
# Closing marks after a full stop.
_MOST_CLOSING = 8
# A full stop after one of these, or after a single capital, ends no sentence.
_ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|Inc|Ltd|Co|approx|e\.g|i\.e)|\b[A-Z])\.$")
_LONGEST = 8


def sentences(text: str) -> list[tuple[int, int]]:
    """The ranges `[start, end)` of the sentences, in order, without white space around them; none is empty."""
    ranges: list[tuple[int, int]] = []
    start = 0
    last = len(text.rstrip())
    for end, following in [*_ends(text), (last, len(text))]:
        begin = start
        while begin < end and text[begin].isspace():
            begin += 1
        if begin < end:
            ranges.append((begin, end))
        start = following
    return ranges


def ends_sentence(text: str, end: int, following: int) -> bool:
    """Whether a sentence ends before the white space from `end` up to `following`."""
    at = end
    while at > max(0, end - _MOST_CLOSING) and text[at - 1] in _CLOSING:
        at -= 1
    if at == 0 or text[at - 1] not in _ENDS or "a" <= text[following : following + 1] <= "z":
        return False
    return not _ABBREVIATION.search(text[max(0, end - _LONGEST) : end])


def _ends(text: str) -> Iterator[tuple[int, int]]:
    """The positions where sentences and lines end, each with the position where the following text begins."""
    for gap in _GAP.finditer(text):
        if not gap[0][0].isspace():
            yield gap.end(), gap.end()
        elif not _LINES.isdisjoint(gap[0]) or (gap.end() < len(text) and ends_sentence(text, gap.start(), gap.end())):
            yield gap.start(), gap.end()
