"""A text that is assembled block by block, with the positions of its parts in the file."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.formats.symbols import PRIVATE

Place = tuple[int, Mapping[str, Any]]
"""The fields for the place of the text, from this character on: `page`, `sheet`, `slide`, `section`."""

# Between the cells of a row whose columns are not named in it.
BETWEEN_CELLS = " | "
# Between the headings of a section, the outermost first.
WITHIN = " > "
# Soft hyphens and marks without a width are removed, and ligatures are replaced by their letters.
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl", "st", "st")
WORDS = {**PRIVATE, **dict.fromkeys((0xAD, 0x2060, 0xFEFF)), **dict(enumerate(_LIGATURES, 0xFB00))}
# The limit of a heading in `section`: a longer text is a paragraph with the style of a heading.
LONGEST_HEADING = 200


def row_of(cells: Sequence[str]) -> str:
    """The row of a table whose columns have no names; an empty cell between others keeps its place."""
    last = next((at for at in range(len(cells), 0, -1) if cells[at - 1].strip()), 0)
    return BETWEEN_CELLS.join(cells[:last]).replace("|  |", "| |").replace("|  |", "| |")


class Outline:
    """`text` and its `places`; `title` is the first heading.

    An empty line separates blocks, unless they are given as lines of one block.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0
        self._headings: list[tuple[int, str]] = []
        self._at: dict[str, Any] = {}
        self._apart = False
        self.places: list[Place] = []
        self.title: str | None = None

    def __len__(self) -> int:
        return self._size

    @property
    def text(self) -> str:
        """The text of all blocks."""
        return "".join(self._pieces)

    def at(self, **where: Any) -> None:
        """Set the page, sheet or slide of the following blocks."""
        self._at |= where

    def leave(self) -> None:
        """End all sections: the following blocks are in none of them."""
        self._headings.clear()

    def part(self) -> None:
        """Begin a new block with the next line, because a table begins or ends."""
        self._apart = True

    def heading(self, level: int, text: str) -> None:
        """Add a heading: the following blocks are in its section, at this `level` (1 is the outermost)."""
        text = text.translate(WORDS)
        said = " ".join(text.split())
        if not said:
            return
        self.title = self.title or said
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        if len(said) <= LONGEST_HEADING:
            self._headings.append((level, said))
        self.block(text)

    def block(self, text: str, apart: str = "\n\n") -> None:
        """Add a paragraph, a row of a table, or an entry of a list; `apart` is the separator before it."""
        text = text.translate(WORDS).strip("\r\n").rstrip()
        if not text.strip():
            return
        where = dict(self._at)
        if self._headings:
            where["section"] = WITHIN.join(said for _, said in self._headings)
        is_elsewhere = where != (self.places[-1][1] if self.places else {})
        if self._pieces:
            apart = "\n\n" if is_elsewhere or self._apart else apart
            self._pieces.append(apart)
            self._size += len(apart)
        if is_elsewhere:
            self.places.append((self._size, where))
        self._apart = False
        self._pieces.append(text)
        self._size += len(text)
