"""A text as a person or a model may read it: with one form of each letter, and without characters that nobody sees."""

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

# General categories of Unicode: control and format characters, and marks on other characters.
_UNSEEN = ("Cc", "Cf", "Mn", "Me")
# NFKC keeps these: letters and a pattern without a form, signs that look like a colon, and hyphens and dashes.
_ALIKE = {
    **dict.fromkeys(map(ord, "\u115f\u1160\u2800")),
    **dict.fromkeys(map(ord, "\u02d0\u0589\u05c3\u2236\ua789"), ":"),
    **dict.fromkeys(map(ord, "\u2010\u2012\u2013\u2212"), "-"),
}


class Read(NamedTuple):
    """The text as it is read, and its origin: the piece from `pieces[n]` on comes from `begins[n]` to `ends[n]`.

    The end is -1 for a piece with as many characters as its origin, each of which is read alone.
    """

    text: str
    pieces: Sequence[int]
    begins: Sequence[int]
    ends: Sequence[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the given text that are read as those from `start` to `end`, which is after `start`."""
        return self._of(start)[0], self._of(end - 1)[1]

    def _of(self, at: int) -> tuple[int, int]:
        piece = bisect_right(self.pieces, at) - 1
        begin, end = self.begins[piece], self.ends[piece]
        alone = begin + at - self.pieces[piece]
        return (alone, alone + 1) if end < 0 else (begin, end)


def as_read(text: str) -> str:
    """The text without differences that a reader does not see; white space stays."""
    alike = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    return "".join(_digit(c) for c in alike if c.isspace() or unicodedata.category(c) not in _UNSEEN)


def read(text: str) -> Read:
    """The same as `as_read`, with the origin of each character."""
    read_as = {character: as_read(character) for character in set(text)}
    text = text.translate({ord(of): to for of, to in read_as.items() if len(to) == 1 and not _joins(of)})
    pieces, begins, ends, parts, size, at = array("q"), array("q"), array("q"), list[str](), 0, 0

    def add(part: str, begin: int, end: int) -> None:
        nonlocal size
        for numbers, number in ((pieces, size), (begins, begin), (ends, end)):
            numbers.append(number)
        parts.append(part)
        size += len(part)

    for match in _clusters([c for c, to in read_as.items() if len(to) != 1 or _joins(c)]).finditer(text):
        add(text[at : match.start()], at, -1)
        add(as_read(match[0]), *match.span())
        at = match.end()
    add(text[at:], at, -1)
    return Read("".join(parts), pieces, begins, ends)


def _clusters(changed: Sequence[str]) -> re.Pattern[str]:
    """Matches each of the characters, a character together with those that join it, and a row of unseen ones."""
    joined = [c for c in changed if _joins(c)]
    unseen = [c for c in changed if c not in joined and not as_read(c)]
    longer = [c for c in changed if c not in joined and as_read(c)]
    sets = (("(?s:.)?{}+", joined), ("{}", longer), ("{}+", unseen))
    return re.compile("|".join(form.format(f"[{re.escape(''.join(each))}]") for form, each in sets if each) or "(?!)")


def _digit(character: str) -> str:
    """The digit 0 to 9 that a digit of another script means; any other character itself."""
    value = None if character.isascii() else unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _joins(character: str) -> bool:
    """Whether normalization may join it to the character before it: marks, and vowels and finals of Korean."""
    first = unicodedata.normalize("NFKC", character)[:1]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
