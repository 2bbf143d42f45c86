"""Where sentences begin and end in a text."""

import re

_END = re.compile(
    r"[.!?\u061f]+[\"')\]»”]*(?=\s+[^\sa-z])"
    r"|[\u3002\uff01\uff1f]+[」』”]*"
    r"|\s*[\r\n\u2028\u2029]+"
)
# A full stop after one of these, or after a single capital, ends no sentence.
_ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|Inc|Ltd|Co|approx|e\.g|i\.e)|\b[A-Z])\.$")
_LONGEST = 8


def sentences(text: str) -> list[tuple[int, int]]:
    """The ranges `[start, end)` of the sentences, in order, without white space around them; none is empty."""
    ranges: list[tuple[int, int]] = []
    start = 0
    for end in [*(found.end() for found in _END.finditer(text)), len(text)]:
        if end < len(text) and _ABBREVIATION.search(text[max(start, end - _LONGEST) : end]):
            continue
        piece = text[start:end]
        trimmed = piece.strip()
        if trimmed:
            begin = start + piece.index(trimmed)
            ranges.append((begin, begin + len(trimmed)))
        start = end
    return ranges
