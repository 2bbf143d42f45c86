"""The paragraph styles of a Word document: their levels as headings, and the lists that number them."""

import re
from typing import NamedTuple

from corpus.formats.package import Attributes, Package, attribute, local
from corpus.formats.whole_number import whole_number

_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
# The outline level of body text.
LOWEST = 9
# A limit, because a file may base each of its styles on another one; Word itself allows fewer.
_MOST_BASES = 50


class ListPlace(NamedTuple):
    """A list (`numId` in Word) and the level in it; the level is None if the list itself says which it is."""

    list: str
    level: int | None


class WordStyles:
    """`levels` has the level of each style for headings, and `numbered` the list of each numbered style."""

    def __init__(self) -> None:
        self.levels: dict[str, int] = {}
        self.numbered: dict[str, ListPlace] = {}
        self._style = ""
        self._outlines: dict[str, int] = {}
        self._based_on: dict[str, str] = {}
        self._lists: dict[str, str] = {}
        self._list_levels: dict[str, int] = {}

    def read(self, package: Package, part: str) -> None:
        """Read the part of the styles. Raises BadArchive."""
        package.walk(part, self._start)
        for style in {*self._outlines, *self._lists, *self._based_on}:
            line = self.line(style)
            level = next((self._outlines[each] for each in line if each in self._outlines), LOWEST)
            if level < LOWEST:
                self.levels[style] = level + 1
            id = next((self._lists[each] for each in line if each in self._lists), None)
            if id is not None:
                list_level = next((self._list_levels[each] for each in line if each in self._list_levels), None)
                self.numbered[style] = ListPlace(id, list_level)

    def line(self, style: str) -> list[str]:
        """The style, and those on which it is based."""
        line: dict[str, None] = {}
        while style and style not in line and len(line) < _MOST_BASES:
            line[style] = None
            style = self._based_on.get(style, "")
        return [*line]

    def _start(self, tag: str, attributes: Attributes) -> None:
        name, value = local(tag), attribute(attributes, "val") or ""
        if name == "style":
            self._style = attribute(attributes, "styleId") or ""
        elif name == "basedOn":
            self._based_on[self._style] = value
        elif name == "name":
            heading = _HEADING.match(value)
            if heading or value.lower() == "title":
                self._outlines[self._style] = int(heading[1]) - 1 if heading else 0
        elif name == "outlineLvl" and (level := whole_number(value, None)) is not None:
            self._outlines.setdefault(self._style, level)
        elif name == "numId":
            self._lists[self._style] = value
        elif name == "ilvl" and (level := whole_number(value, None)) is not None:
            self._list_levels[self._style] = level
